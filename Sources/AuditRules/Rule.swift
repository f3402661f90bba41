/// A filter list of the kernel (include/uapi/linux/audit.h, AUDIT_FILTER_*).
public enum RuleList: UInt32, Sendable, CaseIterable, Codable {
  case user = 0
  case task = 1
  case exit = 4
  case exclude = 5
  case filesystem = 6
  case ioUring = 7

  /// As auditctl names it.
  public var name: String { self == .ioUring ? "io_uring" : "\(self)" }
}

/// What a rule does with what it matches.
public enum RuleAction: UInt32, Sendable, Codable {
  case never = 0
  case always = 2
}

/// One rule as the kernel holds it.
public struct Rule: Sendable, Equatable, Codable {
  /// How a field is compared with its value.
  public enum Operator: UInt32, Sendable, CaseIterable, Codable {
    case equal = 0x4000_0000
    case notEqual = 0x3000_0000
    case less = 0x1000_0000
    case lessOrEqual = 0x5000_0000
    case greater = 0x2000_0000
    case greaterOrEqual = 0x6000_0000
    case bitMask = 0x0800_0000
    case bitTest = 0x4800_0000

    /// As auditctl writes it.
    public var symbol: String {
      switch self {
      case .equal: "="
      case .notEqual: "!="
      case .less: "<"
      case .lessOrEqual: "<="
      case .greater: ">"
      case .greaterOrEqual: ">="
      case .bitMask: "&"
      case .bitTest: "&="
      }
    }
  }

  /// One condition. A string's length is in `value`, as in `struct audit_rule_data`.
  public struct Field: Sendable, Equatable, Codable {
    /// AUDIT_PID …, or `contid`.
    public var type: Int32
    /// How it is compared.
    public var operation: Operator
    /// What it is compared with: unsigned, 32 bits.
    public var value: UInt32
    /// Of a path, a key or a label.
    public var string: [UInt8]?
    /// Of a contid: all 64 bits.
    public var contid: UInt64 = 0

    /// The audit container identifier: AUDIT_CONTID of the posted series, beyond every number that the kernel has
    /// given out since.
    public static let contid: Int32 = 0x4e01

    /// A condition as the kernel has it.
    public init(
      type: Int32, operation: Operator, value: UInt32, string: [UInt8]? = nil, contid: UInt64 = 0
    ) {
      self.type = type
      self.operation = operation
      self.value = value
      self.string = string
      self.contid = contid
    }
  }

  /// The list that it is on.
  public var list: RuleList
  /// What it does.
  public var action: RuleAction
  /// A bit for each syscall number, 64 words; the class bits at the end are already put in place of their
  /// syscalls.
  public var syscalls: [UInt32]
  /// All of them have to be met, in their order.
  public var fields: [Field]
  /// Where it stands.
  public var place: Place
  /// Of `-w`: a path rule on a file, a dir rule on a directory, by what there is in each container.
  public var isWatch = false

  /// A rule that was made elsewhere; whether the kernel would take it is not asked.
  public init(
    list: RuleList, action: RuleAction, syscalls: [UInt32], fields: [Field], place: Place,
    isWatch: Bool = false
  ) {
    self.list = list
    self.action = action
    self.syscalls = syscalls
    self.fields = fields
    self.place = place
    self.isWatch = isWatch
  }

  /// A line of a file.
  public struct Place: Sendable, Equatable, Codable {
    /// As it was named to the parser.
    public var file: String
    /// Counted from 1.
    public var line: Int

    /// FILE:LINE.
    public var text: String { "\(file):\(line)" }

    /// A line, counted from 1, of a file.
    public init(file: String, line: Int) {
      self.file = file
      self.line = line
    }
  }

  /// Whether the rule names a syscall.
  public func names(_ number: Int) -> Bool {
    syscalls[number / 32] >> UInt32(number % 32) & 1 == 1
  }

  /// What the records bear; several keys are joined by \u{1}.
  public var key: [UInt8]? { fields.first { $0.type == AuditField.key }?.string }

  /// Whether a text stands in its key: what auditctl's `-k` beside `-l` and `-D` asks.
  func isNamed(by part: [UInt8]) -> Bool {
    guard let key, key.count >= part.count else { return false }
    return (0...(key.count - part.count)).contains { key[$0...].starts(with: part) }
  }

  /// kernel/auditfilter.c, audit_compare_rule.
  public func isSame(as other: Rule) -> Bool {
    list == other.list && action == other.action && syscalls == other.syscalls
      && fields == other.fields
  }
}

/// A rule by what it is, wherever it stands: kernel/auditfilter.c, audit_compare_rule.
public struct RuleContent: Hashable, Sendable {
  private let rule: Rule

  /// What a rule is.
  public init(_ rule: Rule) { self.rule = rule }

  /// Whether the kernel would take them for one.
  public static func == (one: RuleContent, other: RuleContent) -> Bool {
    one.rule.isSame(as: other.rule)
  }

  /// Of all that counts.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(rule.list)
    hasher.combine(rule.action)
    hasher.combine(rule.syscalls)
    for field in rule.fields {
      hasher.combine(field.type)
      hasher.combine(field.operation)
      hasher.combine(field.value)
      hasher.combine(field.string)
      hasher.combine(field.contid)
    }
  }
}
