/// What came of reading the configuration again: the answer to `reload`.
public struct ReloadReply: Codable, Equatable, Sendable {
  /// What was done, in a line; nil if nothing has changed.
  public var done: String?
  /// What did not change, and what was odd.
  public var warnings: [String]
  /// Why nothing has changed: file, line and the cure.
  public var error: String?

  /// Makes a reply.
  public init(done: String?, warnings: [String] = [], error: String? = nil) {
    self.done = done
    self.warnings = warnings
    self.error = error
  }
}

/// Who is at the other end of a connection (unix(7), SO_PEERCRED).
public struct ControlPeer: Equatable, Sendable {
  /// Its process when it connected, as the collector sees it; 0 if the socket cannot tell.
  public var pid: UInt32
  /// Its user then.
  public var uid: UInt32

  /// A peer.
  public init(pid: UInt32, uid: UInt32) {
    self.pid = pid
    self.uid = uid
  }

  /// The socket cannot tell.
  static let unknown = ControlPeer(pid: 0, uid: .max)
}
