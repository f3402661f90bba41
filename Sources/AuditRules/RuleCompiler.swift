import CLibAudit
import CNestaudit

/// What rules mean that no field of theirs says: from scope.conf.
public struct RuleOptionsOfScope: Sendable, Hashable {
  /// `auid = unset-matches`: a condition on auid is met by a task whose auid is unset.
  public var unsetAUIDMatches = false

  /// As the kernel has it.
  public init() {}

  /// With `auid = unset-matches`, or without.
  public init(unsetAUIDMatches: Bool) { self.unsetAUIDMatches = unsetAUIDMatches }
}

/// A path that some rule asks for; each is there once.
public struct WatchPath: Sendable, Equatable, Hashable {
  /// As the rule has it, absolute, without a slash at the end.
  public let path: String
  /// Some rule asks for what is below it.
  public let below: Bool
  /// It ends with a slash: a link there is followed. All others are themselves what is asked for
  /// (kernel/audit_watch.c, audit_get_nd; audit_tree.c, audit_add_tree_rule).
  public let follows: Bool

  /// A path by these properties.
  public init(path: String, below: Bool, follows: Bool) {
    self.path = path
    self.below = below
    self.follows = follows
  }
}

/// Makes tests of fields, and gathers the paths that they ask for.
struct RuleCompiler {
  let options: RuleOptionsOfScope
  private(set) var watches: [WatchPath] = []
  private var numbers: [WatchPath: UInt32] = [:]

  init(options: RuleOptionsOfScope) { self.options = options }

  private mutating func watch(
    _ bytes: [UInt8], below: Bool, follows: Bool = false
  ) -> UInt32 {
    let watch = WatchPath(
      path: String(decoding: bytes, as: UTF8.self), below: below, follows: follows)
    if let known = numbers[watch] { return known }
    watches.append(watch)
    numbers[watch] = UInt32(watches.count - 1)
    return UInt32(watches.count - 1)
  }

  /// The conditions of a rule; all of them have to be met.
  mutating func tests(of rule: Rule) -> [RuleTest] {
    rule.fields.flatMap { field in tests(of: field, in: rule) }
  }

  private mutating func tests(of field: Rule.Field, in rule: Rule) -> [RuleTest] {
    let operation = field.operation
    func test(_ kind: RuleTest.Kind, field number: UInt32 = 0) -> RuleTest {
      RuleTest(kind, field: number, operation: operation, value: field.value)
    }
    switch field.type {
    case AUDIT_ARCH: return [test(.arch)]
    case AuditField.permission: return [test(.permission)]
    case AuditField.key: return []
    case AuditField.path, AuditField.directory:
      let isDirectory = field.type == AuditField.directory
      let kind: RuleTest.Kind = isDirectory ? .directory : rule.isWatch ? .watch : .path
      var path = field.string ?? []
      while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
      return [
        RuleTest(
          kind, operation: operation,
          value: watch(path, below: kind != .path, follows: path.count != field.string?.count),
          path: path)
      ]
    case AuditField.executable:
      let number = watch(field.string ?? [], below: false)
      return [RuleTest(.executable, operation: operation, value: number)]
    case AUDIT_GID: return [test(.group, field: RULE_FIELD_GID.rawValue)]
    case AUDIT_EGID: return [test(.group, field: RULE_FIELD_EGID.rawValue)]
    case AUDIT_LOGINUID:
      return [
        RuleTest(
          .auid, field: RULE_FIELD_AUID.rawValue, operation: operation, value: field.value,
          unsetMatches: options.unsetAUIDMatches)
      ]
    case AUDIT_SUCCESS:
      // kernel/auditsc.c: AUDITSC_SUCCESS is 1, AUDITSC_FAILURE is 2, and they are compared as such.
      return [
        RuleTest(
          .number, field: RULE_FIELD_SUCCESS.rawValue, operation: operation,
          value: field.value != 0 ? 1 : 2)
      ]
    case AUDIT_INODE: return [test(.inode)]
    case AUDIT_DEVMAJOR: return [test(.deviceMajor)]
    case AUDIT_DEVMINOR: return [test(.deviceMinor)]
    case AUDIT_OBJ_UID: return [test(.owner)]
    case AUDIT_OBJ_GID: return [test(.ownerGroup)]
    case AUDIT_FILETYPE: return [test(.fileType)]
    case AUDIT_FSTYPE: return [test(.filesystem)]
    case AUDIT_FIELD_COMPARE:
      return [
        RuleTest(
          .comparison, field: field.value, operation: operation,
          unsetMatches: options.unsetAUIDMatches)
      ]
    case AUDIT_SADDR_FAM: return [test(.addressFamily)]
    case AUDIT_MSGTYPE: return [test(.messageType)]
    case Rule.Field.contid:
      return [RuleTest(.contid, operation: operation, contid: field.contid)]
    // No LSM that has labels: security_audit_rule_match says no, to = and to !=.
    case _ where AuditField.isLabel(field.type): return [RuleTest(.unmet)]
    case let type:
      guard let number = Self.fields[type] else { return [RuleTest(.unmet)] }
      return [test(.number, field: number.rawValue)]
    }
  }

  private static let fields: [Int32: rule_field] = [
    AUDIT_PID: RULE_FIELD_PID, AUDIT_PPID: RULE_FIELD_PPID,
    AUDIT_UID: RULE_FIELD_UID, AUDIT_EUID: RULE_FIELD_EUID,
    AUDIT_SUID: RULE_FIELD_SUID, AUDIT_FSUID: RULE_FIELD_FSUID,
    AUDIT_SGID: RULE_FIELD_SGID, AUDIT_FSGID: RULE_FIELD_FSGID,
    AUDIT_SESSIONID: RULE_FIELD_SESSION,
    AUDIT_PERS: RULE_FIELD_PERS, AUDIT_EXIT: RULE_FIELD_EXIT,
    AUDIT_ARG0: RULE_FIELD_A0, AUDIT_ARG1: RULE_FIELD_A1,
    AUDIT_ARG2: RULE_FIELD_A2, AUDIT_ARG3: RULE_FIELD_A3,
  ]
}
