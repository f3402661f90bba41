/// What came of auditctl's options: the answer to `ctl`.
public struct ControlReply: Codable, Equatable, Sendable {
  /// What auditctl would print.
  public var lines: [String]
  /// What was odd, but no reason to refuse it.
  public var warnings: [String]
  /// Why nothing has changed.
  public var error: String?
  /// The reason is who has asked.
  public var isDenied: Bool

  /// Makes a reply.
  public init(
    lines: [String], warnings: [String] = [], error: String? = nil, isDenied: Bool = false
  ) {
    self.lines = lines
    self.warnings = warnings
    self.error = error
    self.isDenied = isDenied
  }
}
