/// What a daemon says of itself, in the words of auditd (auditd.c, send_audit_event) and of the kernel.
public enum DaemonRecord {
  /// DAEMON_START: collecting began.
  case start(
    version: String, kernel: String, auid: UInt32, session: UInt32, pid: UInt32, uid: UInt32,
    label: String? = nil)
  /// DAEMON_END: collecting ended, and who asked for it.
  case end(auid: UInt32, uid: UInt32, session: UInt32, pid: UInt32, label: String? = nil)
  /// DAEMON_CONFIG: rules or settings were read again, and who asked for it.
  case reconfigured(
    auid: UInt32, uid: UInt32, session: UInt32, pid: UInt32, label: String? = nil)
  /// DAEMON_ERR: events were lost since that was last said; `total` since the daemon began.
  case lostEvents(UInt64, total: UInt64)
  /// DAEMON_ERR: events were written with a name that nothing confirms, since that was last said; `total` since the
  /// daemon began.
  case unconfirmedNames(UInt64, total: UInt64)
  /// CONFIG_CHANGE: a rule came or went (kernel/auditfilter.c, audit_log_rule_change); `list` by its number.
  case ruleChanged(
    added: Bool, key: [UInt8]?, list: UInt32, auid: UInt32, session: UInt32, label: String? = nil)
  /// CONFIG_CHANGE: a setting is another one (kernel/audit.c, audit_log_config_change), such as `audit_enabled`.
  case settingChanged(
    name: String, value: Int, old: Int, auid: UInt32, session: UInt32, label: String? = nil)

  /// CONTAINER_OP: a container begins or ends (the container-identifier series, V11, 02/11): `process` is its first one,
  /// `chain` its contid and those around it as the log's daemon sees them, `outer` those around it alone; nil for none.
  case container(ContainerOperation, process: UInt32, chain: String, outer: String?)

  /// Appends the record as one line.
  /// - Parameters:
  ///   - seconds: since 1970.
  ///   - milliseconds: 0 to 999.
  ///   - names: of the ids, for the format ENRICHED; nil for RAW.
  public func append(
    to text: inout TextBuffer, seconds: Int64, milliseconds: Int, serial: UInt64,
    names: IDNames? = nil
  ) {
    let stamp = String(1000 + milliseconds).dropFirst()
    var line =
      "type=\(type) msg=audit(\(seconds).\(stamp):\(serial)): "
      + fields(format: names == nil ? "raw" : "enriched")
    line.withUTF8 { text.append(UnsafeRawBufferPointer($0)) }
    if let names { append(to: &text, namesFrom: names.users) }
    text.append(UInt8(ascii: "\n"))
  }

  /// What is behind the record in the format ENRICHED.
  private func append(to text: inout TextBuffer, namesFrom users: IDTable) {
    switch self {
    case .start(_, _, let auid, _, _, let uid, _), .end(let auid, let uid, _, _, _),
      .reconfigured(let auid, let uid, _, _, _):
      append(to: &text, auid, users)
      text.append(" UID=")
      text.append(nameOf: uid, in: users)
    case .ruleChanged(_, _, _, let auid, _, _), .settingChanged(_, _, _, let auid, _, _):
      append(to: &text, auid, users)
    case .lostEvents, .unconfirmedNames, .container: break
    }
  }

  private func append(to text: inout TextBuffer, _ auid: UInt32, _ users: IDTable) {
    text.append(Segments.separator)
    text.append("AUID=")
    text.append(nameOf: auid, in: users)
  }

  /// The security label; nothing where no LSM gives one.
  private static func subject(_ label: String?) -> String { label.map { " subj=\($0)" } ?? "" }

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
    case .lostEvents, .unconfirmedNames: "DAEMON_ERR"
    case .ruleChanged, .settingChanged: "CONFIG_CHANGE"
    case .container: "CONTAINER_OP"
    }
  }

  private func fields(format: String) -> String {
    switch self {
    case .start(let version, let kernel, let auid, let session, let pid, let uid, let label):
      "op=start ver=\(version) format=\(format) kernel=\(kernel) auid=\(auid) pid=\(pid) uid=\(uid) "
        + "ses=\(session)\(Self.subject(label)) res=success"
    case .end(let auid, let uid, let session, let pid, let label):
      "op=terminate auid=\(auid) uid=\(uid) ses=\(session) pid=\(pid)\(Self.subject(label)) "
        + "res=success"
    case .reconfigured(let auid, let uid, let session, let pid, let label):
      "op=reconfigure state=changed auid=\(auid) uid=\(uid) ses=\(session) pid=\(pid)"
        + "\(Self.subject(label)) res=success"
    case .lostEvents(let new, let total):
      "op=lost-events lost=\(new) total=\(total) res=failed"
    case .unconfirmedNames(let new, let total):
      "op=unconfirmed-names names=\(new) total=\(total) res=failed"
    case .ruleChanged(let added, let key, let list, let auid, let session, let label):
      "auid=\(auid) ses=\(session)\(Self.subject(label)) op=\(added ? "add" : "remove")_rule key=\(Self.escaped(key)) "
        + "list=\(list) res=1"
    case .settingChanged(let name, let value, let old, let auid, let session, let label):
      "op=set \(name)=\(value) old=\(old) auid=\(auid) ses=\(session)\(Self.subject(label)) res=1"
    case .container(.set, let process, let chain, let outer):
      "op=set opid=\(process) contid=\(chain) old-contid=\(outer ?? "-1")"
    case .container(.drop, let process, let chain, _):
      "op=drop opid=\(process) contid=-1 old-contid=\(chain)"
    }
  }
}

/// What CONTAINER_OP tells of.
public enum ContainerOperation: Sendable {
  /// It begins.
  case set
  /// Its last task has ended.
  case drop
}
