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

  /// A rule as the kernel holds it (struct audit_rule_data), which its text does not say in full.
  public struct Form: Codable, Equatable, Sendable {
    /// A condition.
    public struct Field: Codable, Equatable, Sendable {
      /// AUDIT_PID …
      public var type: Int32
      /// AUDIT_EQUAL …
      public var operation: UInt32
      /// What it is compared with.
      public var value: UInt32
      /// Of a path, a key or a label.
      public var string: [UInt8]?
      /// Of a contid.
      public var contid: UInt64

      /// Makes a condition.
      public init(type: Int32, operation: UInt32, value: UInt32, string: [UInt8]?, contid: UInt64) {
        self.type = type
        self.operation = operation
        self.value = value
        self.string = string
        self.contid = contid
      }
    }

    /// AUDIT_FILTER_EXIT …
    public var list: UInt32
    /// AUDIT_NEVER, AUDIT_ALWAYS.
    public var action: UInt32
    /// A bit for each syscall number.
    public var syscalls: [UInt32]
    /// In their order.
    public var fields: [Field]
    /// Of `-w`.
    public var isWatch: Bool
    /// Where it stands.
    public var file: String
    /// Counted from 1.
    public var line: Int

    /// Makes a rule.
    public init(
      list: UInt32, action: UInt32, syscalls: [UInt32], fields: [Field], isWatch: Bool,
      file: String, line: Int
    ) {
      self.list = list
      self.action = action
      self.syscalls = syscalls
      self.fields = fields
      self.isWatch = isWatch
      self.file = file
      self.line = line
    }
  }

  /// A container that the daemon stands for, or the host with contid 0.
  public struct Root: Codable, Equatable, Sendable {
    /// The audit container identifier.
    public var contid: UInt64
    /// A process in whose root the paths of rules are.
    public var process: UInt32
    /// What the paths of rules lead to there.
    public var watched: [Watched]

    /// Makes a root.
    public init(contid: UInt64, process: UInt32, watched: [Watched] = []) {
      self.contid = contid
      self.process = process
      self.watched = watched
    }
  }

  /// What a path of a rule leads to, as the kernel numbers it: of some file systems stat(2) tells others.
  public struct Watched: Codable, Equatable, Sendable {
    /// The path.
    public var path: String
    /// A link there is followed.
    public var follows: Bool
    /// The device, major << 20 | minor.
    public var dev: UInt32
    /// Its inode; 0 if nothing is there.
    public var ino: UInt64
    /// It is a directory.
    public var isDirectory: Bool
    /// Roots of what is mounted below it, if what is below is asked for.
    public var mounts: [Mount]

    /// The root of something that is mounted.
    public struct Mount: Codable, Equatable, Sendable {
      /// The device, major << 20 | minor.
      public var dev: UInt32
      /// Its inode.
      public var ino: UInt64

      /// Makes a mount's root.
      public init(dev: UInt32, ino: UInt64) {
        self.dev = dev
        self.ino = ino
      }
    }

    /// Makes a path's object.
    public init(
      path: String, follows: Bool, dev: UInt32, ino: UInt64, isDirectory: Bool, mounts: [Mount] = []
    ) {
      self.mounts = mounts
      self.path = path
      self.follows = follows
      self.dev = dev
      self.ino = ino
      self.isDirectory = isDirectory
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
  /// Whether files are known that a syscall reaches by a name alone.
  public var knowsNamedFiles: Bool
  /// A process in whose root the paths of rules are; nil if there is no container now.
  public var rootProcess: UInt32?
  /// The rules again, in the same order, to be judged by who asks.
  public var forms: [Form]
  /// Every container that the daemon stands for now.
  public var roots: [Root]

  /// Makes a reply.
  public init(
    daemon: String, rules: [Rule], listing: [String], unsetAUIDMatches: Bool, isAUIDUnset: Bool?,
    knowsNamedFiles: Bool, rootProcess: UInt32?, forms: [Form], roots: [Root]
  ) {
    self.daemon = daemon
    self.rules = rules
    self.listing = listing
    self.unsetAUIDMatches = unsetAUIDMatches
    self.isAUIDUnset = isAUIDUnset
    self.knowsNamedFiles = knowsNamedFiles
    self.rootProcess = rootProcess
    self.forms = forms
    self.roots = roots
  }
}
