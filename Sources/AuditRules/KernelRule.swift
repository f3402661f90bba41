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

  /// As BPF can judge it; nil if it cannot.
  func kernelTest(translatesIDs: Bool) -> rule_field_test? {
    switch kind {
    case .number where !(translatesIDs && field <= RULE_FIELD_FSGID.rawValue),
      .auid where !(translatesIDs || unsetMatches):
      rule_field_test(field: UInt8(field), operation: UInt8(operation), pad: 0, value: value)
    case .permission where operation == RULE_EQUAL.rawValue:
      rule_field_test(
        field: UInt8(RULE_FIELD_PERM.rawValue), operation: UInt8(RULE_BIT_MASK.rawValue), pad: 0,
        value: value)
    default: nil
    }
  }
}

extension CompiledRuleset.CompiledRule {
  /// The rule as far as BPF can judge it; what it cannot makes it residual. A rule that is found by a name may
  /// be overruled by the list only where it stands later, which BPF does not know.
  func kernelRule(translatesIDs: Bool) -> policy_rule {
    var rule = policy_rule()
    rule.action = UInt8(isAlways ? RULE_ALWAYS.rawValue : RULE_NEVER.rawValue)
    withUnsafeMutableBytes(of: &rule.test) { bytes in
      let places = bytes.bindMemory(to: rule_field_test.self)
      for test in tests where test.kind != .arch {
        if Int(rule.fields) < places.count,
          let kernelTest = test.kernelTest(translatesIDs: translatesIDs)
        {
          places[Int(rule.fields)] = kernelTest
          rule.fields += 1
        } else {
          rule.residual = 1
        }
      }
    }
    return rule
  }
}
