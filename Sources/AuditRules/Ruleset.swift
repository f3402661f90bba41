import CNestaudit

/// The rules of a daemon, in the order in which they are asked: the first that matches decides.
public struct Ruleset: Sendable, Equatable {
  /// `-b`, `-f`, `-r`, `-e`, `-i`, `-c`.
  public var settings = Settings()
  /// In the order in which they are tried.
  public var rules: [Rule] = []

  /// No rules, and every setting as it was.
  public init() {}
}

/// What auditctl's options set once for a daemon; nil where no line sets it.
public struct Settings: Sendable, Equatable {
  /// `-e`: 0 off, 1 on, 2 on and locked.
  public var enabled: Int?
  /// `-f`: 0 silent, 1 say what is lost.
  public var failure: Int?
  /// `-b`: records that may wait for the log; 0 is no limit.
  public var backlogLimit: Int?
  /// `-r`: records in a second; 0 is no limit.
  public var rateLimit: Int?

  /// Nothing is set.
  public init() {}
}

/// One rule of the exit list.
public struct Rule: Sendable, Equatable {
  /// What is compared with the event.
  public enum Condition: Sendable, Equatable {
    /// A number, unsigned 32 bits: `field` by `operation` with `value`.
    case number(field: UInt32, operation: UInt32, value: UInt32)
    /// The audit architecture.
    case arch(operation: UInt32, value: UInt32)
    /// Kinds of access: 1 x, 2 w, 4 r, 8 a.
    case permission(UInt32)
    /// A path, or with `below` everything under it too.
    case path(String, below: Bool)
  }

  /// RULE_ALWAYS or RULE_NEVER.
  public var action: UInt32
  /// A bit for each syscall number, as libaudit has it.
  public var syscalls: [UInt32]
  /// All of them have to be met.
  public var conditions: [Condition]
  /// What the records bear; several keys are joined by \u{1}.
  public var key: [UInt8]?
  /// Where it stands, for messages.
  public var line: Int

  /// Whether the rule names a syscall.
  func names(_ number: Int) -> Bool { syscalls[number / 32] >> UInt32(number % 32) & 1 == 1 }
}

/// Why a rule file cannot be used: one line, with the cure.
public struct RuleError: Error, CustomStringConvertible, Equatable {
  /// As it was named to the parser.
  public let file: String
  /// Counted from 1.
  public let line: Int
  /// What is wrong, with the cure.
  public let reason: String

  /// In one line.
  public var description: String { "\(file):\(line): \(reason)" }
}
