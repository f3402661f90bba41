public import Containers

/// Who answers requests, on a thread where it may block; nil when the collector is on its way out.
public struct ControlAnswers: Sendable {
  /// Whose connections are counted together, and how many there may be at a time.
  public var admission: @Sendable (Peer) -> ControlAdmission?
  /// `ps`
  public var status: @Sendable (Peer) throws -> StatusReply?
  /// `ctl`: options of auditctl for the daemon with this name, or nil for the peer's own.
  public var control: @Sendable (Peer, String?, [String]) -> ControlReply?
  /// `status`: of the daemon with this name, or nil for all that the peer may see.
  public var report: @Sendable (Peer, String?) -> DaemonReportReply?
  /// `tail`: of the daemon with this name, or nil for the peer's own.
  public var tail: @Sendable (Peer, TailRequest) throws -> TailStream?
  /// `contid`: of a process by the peer's numbers.
  public var contid: @Sendable (Peer, ContidRequest) -> ContidReply?
  /// `announce`: a container that begins with this process. For root's socket alone.
  public var announce: @Sendable (Peer, UInt32) throws -> AnnounceReply?
  /// `rules`: of the daemon with this name; the inner nil if there is none. For root's socket alone.
  public var rules: @Sendable (String) -> RulesReply??
  /// `reload`: asked by this peer. Has a thread of its own, since it may take long. For root's socket alone.
  public var reload: @Sendable (Peer) -> ReloadReply?
  /// `record`: limited to containers of these names, unless there are none. For root's socket alone.
  public var record: @Sendable ([String]) throws -> TailStream?
  /// `end-record`; false when the collector is on its way out. For root's socket alone.
  public var endRecord: @Sendable () -> Bool

  /// Makes a set of answers; what is thrown is said to who has asked.
  public init(
    admission: @escaping @Sendable (Peer) -> ControlAdmission?,
    status: @escaping @Sendable (Peer) throws -> StatusReply?,
    control: @escaping @Sendable (Peer, String?, [String]) -> ControlReply?,
    report: @escaping @Sendable (Peer, String?) -> DaemonReportReply?,
    tail: @escaping @Sendable (Peer, TailRequest) throws -> TailStream?,
    contid: @escaping @Sendable (Peer, ContidRequest) -> ContidReply?,
    announce: @escaping @Sendable (Peer, UInt32) throws -> AnnounceReply?,
    rules: @escaping @Sendable (String) -> RulesReply??,
    reload: @escaping @Sendable (Peer) -> ReloadReply?,
    record: @escaping @Sendable ([String]) throws -> TailStream?,
    endRecord: @escaping @Sendable () -> Bool
  ) {
    self.admission = admission
    self.status = status
    self.control = control
    self.report = report
    self.tail = tail
    self.contid = contid
    self.announce = announce
    self.rules = rules
    self.reload = reload
    self.record = record
    self.endRecord = endRecord
  }
}

/// How many connections somebody may have.
public struct ControlAdmission: Sendable {
  /// Those with the same number are counted together.
  public var group: UInt64
  /// At a time.
  public var connections: Int

  /// An admission.
  public init(group: UInt64, connections: Int) {
    self.group = group
    self.connections = connections
  }
}

/// What is to be shown of a log.
public struct TailRequest: Codable, Equatable, Sendable {
  /// Whose; nil is the asker's own.
  public var daemon: String?
  /// How many events from its end.
  public var events: Int
  /// Whether what is added is to follow.
  public var follows: Bool

  /// The most that can be asked for.
  public static let mostEvents = 1000

  /// A request; of more events than can be asked for it gets fewer.
  public init(daemon: String?, events: Int, follows: Bool) {
    self.daemon = daemon
    self.events = min(max(events, 0), Self.mostEvents)
    self.follows = follows
  }
}

/// The lines of a log on their way, or a recording.
public struct TailStream: Sendable {
  /// Whose log it is; empty for a recording.
  public var daemon: String
  /// Sends whole lines, or pieces of a recording, until there are no more, on a thread of its own. What it is given waits until they are sent, and
  /// is false once nobody listens any more; with no lines it only asks that.
  public var run: @Sendable (_ send: ([UInt8]) -> Bool) -> Void

  /// A stream.
  public init(daemon: String, run: @escaping @Sendable (_ send: ([UInt8]) -> Bool) -> Void) {
    self.daemon = daemon
    self.run = run
  }
}
