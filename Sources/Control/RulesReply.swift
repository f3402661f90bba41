/// The rules of a daemon, and what becomes of each: the answer to `rules`.
public struct RulesReply: Codable, Equatable, Sendable {
  /// One rule.
  public struct Rule: Codable, Equatable, Sendable {
    /// As `auditctl -l` prints it.
    public var rule: String
    /// FILE:LINE.
    public var place: String
    /// `active`, `degraded`, `can-never-match` or `shadowed`.
    public var verdict: String
    /// Where it is decided, or why it is not.
    public var reason: String

    /// Makes a rule's line.
    public init(rule: String, place: String, verdict: String, reason: String) {
      self.rule = rule
      self.place = place
      self.verdict = verdict
      self.reason = reason
    }
  }

  /// Whose rules they are.
  public var daemon: String
  /// In the order in which they are tried.
  public var rules: [Rule]
  /// The same rules in the order and the words of `auditctl -l`.
  public var listing: [String]
  /// `auid = unset-matches` in scope.conf.
  public var unsetAUIDMatches: Bool
  /// Whether every task of the daemon's container has an unset auid; nil if that is not known.
  public var isAUIDUnset: Bool?
  /// Whether the daemon's ids are others than the kernel's.
  public var translatesIDs: Bool
  /// A process in whose root the paths of rules are; nil if there is no container now.
  public var rootProcess: UInt32?

  /// Makes a reply.
  public init(
    daemon: String, rules: [Rule], listing: [String], unsetAUIDMatches: Bool, isAUIDUnset: Bool?,
    translatesIDs: Bool, rootProcess: UInt32?
  ) {
    self.daemon = daemon
    self.rules = rules
    self.listing = listing
    self.unsetAUIDMatches = unsetAUIDMatches
    self.isAUIDUnset = isAUIDUnset
    self.translatesIDs = translatesIDs
    self.rootProcess = rootProcess
  }
}

/// Who answers requests, on a thread where it may block; nil when the collector is on its way out.
public struct ControlAnswers: Sendable {
  /// `ps`
  public var status: @Sendable () -> StatusReply?
  /// `rules`: of the daemon with this name; the inner nil if there is none.
  public var rules: @Sendable (String) -> RulesReply??

  /// Makes a set of answers.
  public init(
    status: @escaping @Sendable () -> StatusReply?,
    rules: @escaping @Sendable (String) -> RulesReply??
  ) {
    self.status = status
    self.rules = rules
  }
}
