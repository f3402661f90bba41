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
