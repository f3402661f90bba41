/// The rules of a daemon, in the order in which they are asked.
public struct Ruleset: Sendable, Equatable {
  /// What auditctl's other options set.
  public var settings = Settings()
  /// Of all lists, in the order in which they are tried.
  public private(set) var rules: [Rule] = []
  /// What was odd, but no reason to refuse the rules.
  public var warnings: [RuleError] = []

  /// No rules, and every setting as it was.
  public init() {}

  /// What a daemon goes by already.
  public init(settings: Settings, rules: [Rule]) {
    self.settings = settings
    self.rules = rules
    contents = Set(rules.map(RuleContent.init))
  }

  /// What is in `rules`.
  private var contents: Set<RuleContent> = []

  enum Change: Error { case exists, absent }

  /// As they are read; where they stand counts.
  public static func == (one: Ruleset, other: Ruleset) -> Bool {
    one.settings == other.settings && one.rules == other.rules && one.warnings == other.warnings
  }

  /// `-a`; a rule that is there already is refused, as by kernel/auditfilter.c, audit_add_rule.
  mutating func append(_ rule: Rule) throws(Change) {
    guard contents.insert(RuleContent(rule)).inserted else { throw .exists }
    rules.append(rule)
  }

  /// `-A`: the kernel does not look whether the rule is there already at another place.
  mutating func prepend(_ rule: Rule) {
    contents.insert(RuleContent(rule))
    rules.insert(rule, at: 0)
  }

  /// `-d`, `-W`
  mutating func delete(_ rule: Rule) throws(Change) {
    guard let index = rules.firstIndex(where: rule.isSame) else { throw .absent }
    rules.remove(at: index)
    if !rules.contains(where: rule.isSame) { contents.remove(RuleContent(rule)) }
  }

  /// `-D`, and `-D -k`: those whose key has `key` in it.
  mutating func deleteAll(key: [UInt8]) {
    rules.removeAll { key.isEmpty || $0.isNamed(by: key) }
    contents = Set(rules.map(RuleContent.init))
  }
}

/// What auditctl's options set once for a daemon; nil where no line sets it.
public struct Settings: Sendable, Equatable, Codable {
  /// `-e`: 0 off, 1 on, 2 on and locked.
  public var enabled: Int?
  /// `-f`: 0 silent, 1 say what is lost, 2 stop the container.
  public var failure: Int?
  /// `-b`: records that may wait for the log; 0 is no limit.
  public var backlogLimit: Int?
  /// `-r`: records in a second; 0 is no limit.
  public var rateLimit: Int?
  /// `--backlog_wait_time`, in milliseconds: so long at most a container is made to wait for room in the backlog; 0 is never.
  public var backlogWaitTime: Int?
  /// `--loginuid-immutable`
  public var isLoginuidImmutable = false
  /// `--reset-lost`: counting what is lost begins anew.
  public var resetsLost = false
  /// `--reset_backlog_wait_time_actual`: counting for how long was waited begins anew.
  public var resetsWaited = false
  /// `-q`: what is below `subtree` counts as below `mount`.
  public var equivalents: [Equivalent] = []

  /// One `-q mount,subtree`.
  public struct Equivalent: Sendable, Equatable, Codable {
    /// A directory that rules may name, or that is below one.
    public var mount: String
    /// A directory that is treated as if it were part of it.
    public var subtree: String
  }

  /// Nothing is set.
  public init() {}
}

/// Why a line cannot be used, or what is odd about it: one line, with the cure.
public struct RuleError: Error, CustomStringConvertible, Equatable {
  /// As it was named to the parser.
  public let file: String
  /// Counted from 1.
  public let line: Int
  /// What is wrong, with the cure.
  public let reason: String
  /// Set if the line says nothing wrong, and yet cannot be done.
  public var refusal: Refusal?
  /// It is only odd in the rules of the host's daemon.
  public var concernsHostAlone = false

  /// Why the kernel would refuse what auditctl sends it.
  public enum Refusal: Sendable, Equatable {
    /// EEXIST: the rule is there already.
    case exists(Rule)
    /// ENOENT: there is no such rule.
    case absent(Rule)
  }

  /// In one line.
  public var description: String { "\(file):\(line): \(reason)" }
}
