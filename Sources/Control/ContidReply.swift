/// What is asked of a process's container identifier. Processes have the numbers that the asker knows them by.
public struct ContidRequest: Codable, Equatable, Sendable {
  /// Whose.
  public var process: UInt32
  /// What it is to be; nil asks what it is.
  public var contid: UInt64?
  /// The orchestrator that sets it; nil is the asker's parent.
  public var from: UInt32?

  /// A request.
  public init(process: UInt32, contid: UInt64? = nil, from: UInt32? = nil) {
    self.process = process
    self.contid = contid
    self.from = from
  }
}

/// The answer to `contid`.
public struct ContidReply: Codable, Equatable, Sendable {
  /// The process's contid and those around it, innermost first; empty for none.
  public var contids: [UInt64]
  /// What its container is called.
  public var container: String?
  /// Why it was not done.
  public var error: String?
  /// The error's name in errno(3), "EBUSY", where there is one.
  public var code: String?

  /// A reply.
  public init(
    contids: [UInt64], container: String? = nil, error: String? = nil, code: String? = nil
  ) {
    self.contids = contids
    self.container = container
    self.error = error
    self.code = code
  }
}

/// The answer to `announce`.
public struct AnnounceReply: Codable, Equatable, Sendable {
  /// What the container is called.
  public var container: String
  /// The daemons that stand for it.
  public var daemons: [String]
  /// They are there; otherwise it is to be asked again.
  public var isReady: Bool

  /// A reply.
  public init(container: String, daemons: [String], isReady: Bool) {
    self.container = container
    self.daemons = daemons
    self.isReady = isReady
  }
}
