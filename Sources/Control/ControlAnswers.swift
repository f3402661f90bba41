/// Who answers requests, on a thread where it may block; nil when the collector is on its way out.
public struct ControlAnswers: Sendable {
  /// `ps`
  public var status: @Sendable () -> StatusReply?
  /// `rules`: of the daemon with this name; the inner nil if there is none.
  public var rules: @Sendable (String) -> RulesReply??
  /// `reload`: asked by this peer. Has a thread of its own, since it may take long.
  public var reload: @Sendable (ControlPeer) -> ReloadReply?

  /// Makes a set of answers.
  public init(
    status: @escaping @Sendable () -> StatusReply?,
    rules: @escaping @Sendable (String) -> RulesReply??,
    reload: @escaping @Sendable (ControlPeer) -> ReloadReply?
  ) {
    self.status = status
    self.rules = rules
    self.reload = reload
  }
}
