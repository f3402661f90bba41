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

  /// Where a table has the condition.
  enum TableField {
    case number(UInt8)
    case bits(UInt8)
    case names
    case program
    /// Nowhere.
    case none
  }

  var tableField: TableField {
    switch kind {
    case .number, .auid, .group:
      let isAboutBits =
        operation == .bitMask || operation == .bitTest
      return isAboutBits ? .bits(UInt8(field)) : .number(UInt8(field))
    case .permission where isEquality: return .number(UInt8(RULE_FIELD_PERM.rawValue))
    case .path, .directory, .watch: return .names
    case .executable: return .program
    case .comparison where FieldComparison(rawValue: field) != nil && !asksObjects:
      return .number(UInt8(RULE_FIELD_COMPARE.rawValue + field - 1))
    default: return .none
    }
  }

  /// The arch and what is never met are settled by the syscalls that a rule is asked for.
  var isSettledWithoutField: Bool { kind == .arch || kind == .unmet || kind == .met }

  /// Whether BPF can judge it; what it cannot, the collector finishes.
  var isDecidedInKernel: Bool {
    if case .none = tableField { return isSettledWithoutField }
    return true
  }

  /// The numbers at which it begins or ceases to be met, if it is a number's.
  var bounds: [UInt32] {
    switch kind {
    case .permission: return (1...15).map(UInt32.init)
    case .comparison: return [1, 2, 3]
    default:
      var bounds = [value]
      if value < .max { bounds.append(value + 1) }
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
    default: compare(number) || unsetMatches && number == .max
    }
  }
}
