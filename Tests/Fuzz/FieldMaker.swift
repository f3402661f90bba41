import CLibAudit

@testable import AuditRules

/// Conditions of every field with every operator that the kernel takes for it.
enum FieldMaker {
  private enum Kind {
    /// Any number; any operator but & and &=.
    case ordered
    /// Of a user or group: 4294967295 is none.
    case id
    case any, equality, path, label, contid
  }

  private static let numbers: [(Int32, Kind)] = [
    (AUDIT_PID, .ordered), (AUDIT_PPID, .ordered), (AUDIT_UID, .id), (AUDIT_EUID, .id),
    (AUDIT_SUID, .id), (AUDIT_FSUID, .id), (AUDIT_GID, .id), (AUDIT_EGID, .id), (AUDIT_SGID, .id),
    (AUDIT_FSGID, .id), (AUDIT_LOGINUID, .id), (AUDIT_LOGINUID, .equality),
    (AUDIT_SESSIONID, .ordered), (AUDIT_PERS, .any), (AUDIT_SUBJ_USER, .label),
    (AUDIT_SUBJ_CLR, .label), (AUDIT_LOGINUID_SET, .equality),
  ]
  private static let ofSyscalls: [(Int32, Kind)] = [
    (AUDIT_ARCH, .equality), (AUDIT_EXIT, .ordered), (AUDIT_SUCCESS, .ordered), (AUDIT_ARG0, .any),
    (AUDIT_ARG1, .any), (AUDIT_ARG2, .any), (AUDIT_ARG3, .any), (AuditField.permission, .equality),
    (AUDIT_FIELD_COMPARE, .equality), (AUDIT_SADDR_FAM, .ordered), (Rule.Field.contid, .contid),
    (AUDIT_INODE, .equality), (AUDIT_DEVMAJOR, .ordered), (AUDIT_DEVMINOR, .any),
    (AUDIT_OBJ_UID, .id), (AUDIT_OBJ_GID, .id), (AUDIT_FILETYPE, .equality),
    (AuditField.path, .path), (AuditField.directory, .path), (AuditField.executable, .path),
    (AUDIT_OBJ_TYPE, .label), (AUDIT_OBJ_LEV_HIGH, .label),
  ]

  private static let equality: [Rule.Operator] = [.equal, .notEqual]
  private static let ordered: [Rule.Operator] = [
    .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
  ]

  /// A condition that a rule of the list may have.
  static func field(of list: RuleList, _ random: inout Random) -> Rule.Field {
    switch list {
    case .filesystem:
      return Rule.Field(
        type: AUDIT_FSTYPE, operation: random.one(of: equality), value: random.one(of: [1, 2, 3]))
    case .exclude where random.once(in: 2):
      return Rule.Field(
        type: AUDIT_MSGTYPE, operation: random.one(of: ordered), value: record(&random))
    case .exit, .ioUring: return field(random.one(of: numbers + ofSyscalls), &random)
    case .task, .user, .exclude: return field(random.one(of: numbers), &random)
    }
  }

  /// The type of a record.
  static func record(_ random: inout Random) -> UInt32 {
    random.once(in: 4) ? Values.number(&random) : 1300 + UInt32(random.below(32))
  }

  private static func field(
    _ what: (type: Int32, kind: Kind), _ random: inout Random
  ) -> Rule.Field {
    let type = what.type
    switch what.kind {
    case .ordered:
      return Rule.Field(
        type: type, operation: random.one(of: ordered), value: Values.number(&random))
    case .id:
      return Rule.Field(
        type: type, operation: random.one(of: ordered), value: min(Values.number(&random), .max - 1)
      )
    case .any:
      return Rule.Field(
        type: type, operation: random.one(of: Rule.Operator.allCases),
        value: Values.number(&random))
    case .contid:
      return Rule.Field(
        type: type, operation: random.one(of: Rule.Operator.allCases), value: 0,
        contid: random.one(of: Values.contids))
    case .equality:
      return Rule.Field(
        type: type, operation: random.one(of: equality), value: value(of: type, &random))
    case .path:
      let isExecutable = type == AuditField.executable
      return field(
        type, random.one(of: Values.paths), isExecutable ? random.one(of: equality) : .equal)
    case .label: return field(type, Array("s0".utf8), random.one(of: equality))
    }
  }

  private static func field(
    _ type: Int32, _ string: [UInt8], _ operation: Rule.Operator
  ) -> Rule.Field {
    Rule.Field(type: type, operation: operation, value: UInt32(string.count), string: string)
  }

  private static func value(of type: Int32, _ random: inout Random) -> UInt32 {
    switch type {
    case AUDIT_ARCH: random.one(of: AuditArch.all + [0, .max])
    case AUDIT_LOGINUID: .max
    case AUDIT_LOGINUID_SET: UInt32(random.below(2))
    case AuditField.permission:
      random.once(in: 16) ? Values.number(&random) : UInt32(random.below(16))
    case AUDIT_FILETYPE: random.one(of: Values.fileTypes)
    // Also some that compare nothing.
    case AUDIT_FIELD_COMPARE: UInt32(random.below(28))
    default: Values.number(&random)
    }
  }
}
