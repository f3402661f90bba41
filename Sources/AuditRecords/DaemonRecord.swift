/// What a daemon says of itself, in the words of auditd (auditd.c, send_audit_event) and of the kernel.
public enum DaemonRecord {
  /// Who asked for something, in the daemon's view.
  public struct Asker: Equatable, Sendable {
    /// 4294967295 if it was never set.
    public var auid: UInt32
    /// 65534 if the view has no number for it.
    public var uid: UInt32
    /// Of the login.
    public var session: UInt32
    /// 0 outside the view.
    public var pid: UInt32
    /// Its security label, where an LSM gives one that the view may see.
    public var label: String?
    /// The containers that it is in, as far as the view goes: "4,^2"; nil for the view's own tasks.
    public var chain: String?

    /// Someone.
    public init(
      auid: UInt32, uid: UInt32, session: UInt32, pid: UInt32, label: String? = nil,
      chain: String? = nil
    ) {
      self.auid = auid
      self.uid = uid
      self.session = session
      self.pid = pid
      self.label = label
      self.chain = chain
    }
  }

  /// DAEMON_START: collecting began.
  case start(version: String, kernel: String, Asker)
  /// DAEMON_END: collecting ended, and who asked for it.
  case end(Asker)
  /// DAEMON_CONFIG: rules or settings were read again, and who asked for it.
  case reconfigured(Asker)
  /// DAEMON_ROTATE: a new log was begun.
  case rotated(Asker)
  /// DAEMON_RESUME: a log that was suspended is written again.
  case resumed(Asker)
  /// DAEMON_ERR: events were lost since that was last said, each for one of the causes; `total` since the daemon began.
  case lostEvents(UInt64, total: UInt64, causes: [(name: String, events: UInt64)])
  /// DAEMON_ERR: parts of events were lost since that was last said; `total` since the daemon began.
  case lostParts(UInt64, total: UInt64)
  /// DAEMON_ERR: since an event was lost, everything in a container was stopped, or was to be; `lost` since the daemon that
  /// asks for that began.
  case stopped(chain: String, lost: UInt64, isDone: Bool)
  /// DAEMON_ERR: events were written with a name that nothing confirms, since that was last said; `total` since the
  /// daemon began.
  case unconfirmedNames(UInt64, total: UInt64)
  /// DAEMON_ERR: the logs have as many bytes as they may; nothing more is written.
  case logQuota(bytes: Int)
  /// DAEMON_ERR: so many refused requests have no record of their own, since that was last said.
  case refusedRequests(UInt64, total: UInt64)
  /// CONFIG_CHANGE: a rule came or went, or was to (kernel/auditfilter.c, audit_log_rule_change); `list` by its
  /// number.
  case ruleChanged(added: Bool, key: [UInt8]?, list: UInt32, Asker, isDone: Bool = true)
  /// CONFIG_CHANGE: a setting is another one, or was to be (kernel/audit.c, audit_log_config_change), such as
  /// `audit_enabled`.
  case settingChanged(name: String, value: Int, old: Int, Asker, isDone: Bool = true)
  /// CONFIG_CHANGE: someone asked for what he may not (kernel/audit.c, audit_receive_msg); `isLocked` if nobody may.
  case refused(operation: String, Asker, isLocked: Bool)

  /// CONTAINER_OP: a container begins or ends (the container-identifier series, V11, 02/11): `process` is its first one,
  /// `chain` its contid and those around it as the log's daemon sees them, `outer` those around it alone; nil for none.
  /// The asker has declared it, or was to; nil where a runtime has made it without a word. In the series the event's
  /// SYSCALL tells who, and whether it is done.
  case container(
    ContainerOperation, process: UInt32, chain: String, outer: String?, Asker? = nil,
    isDone: Bool = true)

  /// Appends the record as one line; behind one that says in which container the asker is, if that is not the view's
  /// own.
  /// - Parameters:
  ///   - seconds: since 1970.
  ///   - milliseconds: 0 to 999.
  ///   - names: of the ids, for the format ENRICHED; nil for RAW.
  public func append(
    to text: inout TextBuffer, seconds: Int64, milliseconds: Int, serial: UInt64,
    names: IDNames? = nil
  ) {
    let fraction = String(1000 + milliseconds).dropFirst()
    let stamp = "msg=audit(\(seconds).\(fraction):\(serial)): "
    let chain = asker?.chain
    var line = chain.map { "type=CONTAINER_ID \(stamp)record=1 contid=\($0)\n" } ?? ""
    line += "type=\(type) \(stamp)" + fields(format: names == nil ? "raw" : "enriched")
    if chain != nil { line += " record=1" }
    line.withUTF8 { text.append(UnsafeRawBufferPointer($0)) }
    if let names { append(to: &text, namesFrom: names.users) }
    text.append(UInt8(ascii: "\n"))
  }

  /// How many lines `append` makes.
  public var lines: Int { asker?.chain == nil ? 1 : 2 }

  private var asker: Asker? {
    switch self {
    case .start(_, _, let asker), .end(let asker), .reconfigured(let asker), .rotated(let asker),
      .resumed(let asker), .ruleChanged(_, _, _, let asker, _),
      .settingChanged(_, _, _, let asker, _), .refused(_, let asker, _):
      asker
    case .container(_, _, _, _, let asker, _): asker
    case .lostEvents, .lostParts, .stopped, .unconfirmedNames, .logQuota, .refusedRequests: nil
    }
  }

  /// What is behind the record in the format ENRICHED.
  private func append(to text: inout TextBuffer, namesFrom users: IDTable) {
    switch self {
    case .start(_, _, let asker), .end(let asker), .reconfigured(let asker), .rotated(let asker),
      .resumed(let asker):
      append(to: &text, "AUID=", asker.auid, users)
      text.append(" UID=")
      text.append(nameOf: asker.uid, in: users)
    case .container(_, _, _, _, let asker?, _):
      append(to: &text, "AUID=", asker.auid, users)
      text.append(" UID=")
      text.append(nameOf: asker.uid, in: users)
    case .refused(_, let asker, _):
      append(to: &text, "UID=", asker.uid, users)
      text.append(" AUID=")
      text.append(nameOf: asker.auid, in: users)
    case .ruleChanged(_, _, _, let asker, _), .settingChanged(_, _, _, let asker, _):
      append(to: &text, "AUID=", asker.auid, users)
    case .lostEvents, .lostParts, .stopped, .unconfirmedNames, .logQuota, .refusedRequests,
      .container:
      break
    }
  }

  private func append(
    to text: inout TextBuffer, _ name: StaticString, _ id: UInt32, _ users: IDTable
  ) {
    text.append(Segments.separator)
    text.append(name)
    text.append(nameOf: id, in: users)
  }

  /// kernel/auditsc.c, audit_log_key.
  private static func escaped(_ key: [UInt8]?) -> String {
    guard let key else { return "(null)" }
    var text = TextBuffer()
    key.withUnsafeBytes { text.append(untrusted: $0) }
    return String(decoding: text.bytes, as: UTF8.self)
  }

  private var type: String {
    switch self {
    case .start: "DAEMON_START"
    case .end: "DAEMON_END"
    case .reconfigured: "DAEMON_CONFIG"
    case .rotated: "DAEMON_ROTATE"
    case .resumed: "DAEMON_RESUME"
    case .lostEvents, .lostParts, .stopped, .unconfirmedNames, .logQuota, .refusedRequests:
      "DAEMON_ERR"
    case .ruleChanged, .settingChanged, .refused: "CONFIG_CHANGE"
    case .container: "CONTAINER_OP"
    }
  }

  private func fields(format: String) -> String {
    switch self {
    case .start(let version, let kernel, let asker):
      "op=start ver=\(version) format=\(format) kernel=\(kernel) auid=\(asker.auid) "
        + "pid=\(asker.pid) uid=\(asker.uid) ses=\(asker.session)\(asker.subject) res=success"
    case .end(let asker): "op=terminate \(asker.text) res=success"
    case .reconfigured(let asker): "op=reconfigure state=changed \(asker.text) res=success"
    case .rotated(let asker): "op=rotate-logs \(asker.text) res=success"
    case .resumed(let asker): "op=resume-logging \(asker.text) res=success"
    case .lostEvents(let new, let total, let causes):
      "op=lost-events lost=\(new) total=\(total)"
        + causes.map { " \($0.name)=\($0.events)" }.joined() + " res=failed"
    case .lostParts(let new, let total):
      "op=lost-parts parts=\(new) total=\(total) res=failed"
    case .stopped(let chain, let lost, let isDone):
      "op=stop-container contid=\(chain) lost=\(lost) res=\(isDone ? "success" : "failed")"
    case .unconfirmedNames(let new, let total):
      "op=unconfirmed-names names=\(new) total=\(total) res=failed"
    case .logQuota(let bytes): "op=log-quota bytes=\(bytes) res=failed"
    case .refusedRequests(let new, let total):
      "op=refused-requests requests=\(new) total=\(total) res=failed"
    case .ruleChanged(let added, let key, let list, let asker, let isDone):
      "auid=\(asker.auid) ses=\(asker.session)\(asker.subject) "
        + "op=\(added ? "add" : "remove")_rule key=\(Self.escaped(key)) "
        + "list=\(list) res=\(isDone ? 1 : 0)"
    case .settingChanged(let name, let value, let old, let asker, let isDone):
      "op=set \(name)=\(value) old=\(old) auid=\(asker.auid) ses=\(asker.session)"
        + "\(asker.subject) res=\(isDone ? 1 : 0)"
    case .refused(let operation, let asker, let isLocked):
      "pid=\(asker.pid) uid=\(asker.uid) auid=\(asker.auid) ses=\(asker.session)\(asker.subject) "
        + "op=\(operation)\(isLocked ? " audit_enabled=2" : "") res=0"
    case .container(.set, let process, let chain, let outer, let asker, let isDone):
      "op=set opid=\(process) contid=\(chain) old-contid=\(outer ?? "-1")"
        + (asker.map { " \($0.text) res=\(isDone ? 1 : 0)" } ?? "")
    case .container(.drop, let process, let chain, _, _, _):
      "op=drop opid=\(process) contid=-1 old-contid=\(chain)"
    }
  }
}

extension DaemonRecord.Asker {
  /// As auditd writes it (audit_format_signal_info).
  fileprivate var text: String { "auid=\(auid) uid=\(uid) ses=\(session) pid=\(pid)\(subject)" }

  /// The security label; nothing where no LSM gives one.
  fileprivate var subject: String { label.map { " subj=\($0)" } ?? "" }
}

/// What CONTAINER_OP tells of.
public enum ContainerOperation: Sendable {
  /// It begins.
  case set
  /// Its last task has ended.
  case drop
}
