import CLibAudit
import CNestaudit

extension Rule {
  /// Whether the rule's conditions on the arch allow POLICY_ARCH_64 or POLICY_ARCH_32.
  func mayMatch(arch: Int) -> Bool {
    fields.allSatisfy { field in
      guard field.type == AUDIT_ARCH else { return true }
      return (AuditArch.all[arch] == field.value) == (field.operation == .equal)
    }
  }

  /// Whether the rule names a syscall, and its permissions can mean it.
  func mayMatch(arch: Int, syscall: Int) -> Bool {
    guard names(syscall) else { return false }
    return fields.allSatisfy { field in
      guard field.type == AuditField.permission, field.operation == .equal else { return true }
      return SyscallClasses.arches[arch].mayMatch(field.value, syscall)
    }
  }
}

extension RuleTest {
  /// Whether the names of an event have to be known.
  var usesNames: Bool {
    switch kind {
    case .path, .directory, .watch, .inode, .deviceMajor, .deviceMinor, .owner, .ownerGroup,
      .fileType, .comparison:
      true
    default: false
    }
  }

  /// Whether it asks for nothing but what a task has when it is made.
  var isAboutTask: Bool {
    switch kind {
    case .number:
      (RULE_FIELD_PID.rawValue...RULE_FIELD_PERS.rawValue).contains(field)
    case .auid, .group, .executable, .met, .unmet: true
    case .comparison: !asksObjects
    default: false
    }
  }

  /// Where a table has the condition.
  enum TableField {
    case number(rule_field)
    case bits(rule_field)
    /// An event may have several of it; `by` says which of them have to meet the condition.
    case set(rule_field, by: Members)
    case names
    case program
    /// Nowhere.
    case none
  }

  /// Which of several numbers have to meet a condition.
  enum Members { case any, all, first }

  var tableField: TableField {
    let isAboutBits = operation == .bitMask || operation == .bitTest
    switch kind {
    case .number, .auid:
      return isAboutBits ? .bits(rule_field(field)) : .number(rule_field(field))
    case .group where !isAboutBits:
      let members: Members =
        operation == .equal ? .any : operation == .notEqual ? .all : .first
      return .set(rule_field(field), by: members)
    case .group: return .bits(rule_field(field))
    case .permission where isEquality: return .number(RULE_FIELD_PERM)
    case .path, .directory, .watch: return .names
    case .executable: return .program
    case .addressFamily where !isAboutBits: return .number(RULE_FIELD_SADDR_FAM)
    case .contid where isAboutBits:
      return contid <= UInt64(UInt32.max) ? .bits(RULE_FIELD_CONTID_BITS) : .none
    case .contid:
      // What is larger is all the same to a table.
      let isTold = contid == .max || contid < UInt64(UInt32.max - 1)
      return isTold ? .set(RULE_FIELD_CONTID, by: operation == .notEqual ? .all : .any) : .none
    case .inode, .deviceMajor, .deviceMinor, .owner, .ownerGroup:
      return isAboutBits ? .none : .set(Self.objectField(kind), by: .any)
    case .fileType: return .set(RULE_FIELD_FILETYPE, by: isEquality ? .any : .all)
    case .comparison where FieldComparison(rawValue: field) != nil:
      let column = rule_field(RULE_FIELD_COMPARE.rawValue + field - 1)
      if !asksObjects { return .number(column) }
      // An unset auid meets it without any file.
      return unsetMatches ? .none : .set(column, by: .any)
    default: return .none
    }
  }

  private static func objectField(_ kind: Kind) -> rule_field {
    switch kind {
    case .inode: RULE_FIELD_INODE
    case .deviceMajor: RULE_FIELD_DEVMAJOR
    case .deviceMinor: RULE_FIELD_DEVMINOR
    case .owner: RULE_FIELD_OBJ_UID
    default: RULE_FIELD_OBJ_GID
    }
  }

  /// What a table's field is compared with.
  private var tableValue: UInt32 { kind == .contid ? UInt32(clamping: contid) : value }

  /// The arch and what is never met are settled by the syscalls that a rule is asked for.
  var isSettledWithoutField: Bool { kind == .arch || kind == .unmet || kind == .met }

  /// Whether BPF can judge it; what it cannot, the collector finishes.
  var isDecidedInKernel: Bool {
    if case .none = tableField { return isSettledWithoutField }
    return true
  }

  /// Of a table's bits, those that it asks for.
  var tableBits: UInt32 { tableValue }

  /// The numbers at which it begins or ceases to be met, if it is a number's.
  var bounds: [UInt32] {
    switch kind {
    case .permission: return (1...15).map(UInt32.init)
    case .comparison: return [1, 2, 3]
    default:
      var bounds = [tableValue]
      if tableValue < .max { bounds.append(tableValue + 1) }
      if unsetMatches { bounds.append(.max) }
      return bounds
    }
  }

  /// Whether a number of a table's field meets it.
  func isMetInTable(by number: UInt32) -> Bool {
    switch kind {
    case .permission: value & number != 0
    // Bit 0: the two are equal; bit 1: auid is unset.
    case .comparison:
      (number & 1 == 1) == isEquality
        || unsetMatches && number & 2 != 0
          && FieldComparison(rawValue: field)?.isAboutAUID ?? false
    case .contid: compare(number, with: tableValue)
    case .fileType: (number == value) == isEquality
    default: compare(number) || unsetMatches && number == .max
    }
  }
}
