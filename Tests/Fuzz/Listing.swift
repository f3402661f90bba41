import CLibAudit

@testable import AuditRules

/// Which rules `auditctl -l` prints in full: where auditctl itself leaves something out, so do we.
enum Listing {
  /// The rule with its conditions in the order in which they are printed: those on the arch are first.
  static func asPrinted(_ rule: Rule) -> Rule {
    var rule = rule
    rule.fields =
      rule.fields.filter { $0.type == AUDIT_ARCH } + rule.fields.filter { $0.type != AUDIT_ARCH }
    return rule
  }

  static func tellsAll(of rule: Rule) -> Bool {
    let text = rule.text
    // Longer lines are read as several.
    guard text.utf8.count <= 6143 else { return false }
    // "-w PATH -p PERM" says neither the action nor that there was no -w; without -p a watch is a rule with
    // a path, and so not on a directory.
    let isPrintedAsWatch = !text.hasPrefix("-a")
    guard isPrintedAsWatch == rule.isWatch else { return false }
    // A second -p of a watch changes the first.
    guard rule.fields.count(where: { $0.type == AuditField.permission }) <= 1 else { return false }
    guard tellsSyscalls(of: rule) else { return false }
    // "-F field_compare=N" and "-p" are taken where the "-C" and "-F perm=" that are printed are not.
    let exitOnly = [AUDIT_FIELD_COMPARE, AuditField.permission]
    guard rule.list == .exit || !rule.fields.contains(where: { exitOnly.contains($0.type) })
    else { return false }
    return rule.fields.allSatisfy(tellsAll)
  }

  /// None is ever printed for the other lists; and "-S ," names none, for which nothing is printed, which means
  /// all of them.
  private static func tellsSyscalls(of rule: Rule) -> Bool {
    switch rule.list {
    case .exit, .ioUring: rule.syscalls.contains { $0 != 0 }
    case .task: rule.syscalls.allSatisfy { $0 == 0 }
    // The last bits stand for classes of syscalls.
    case .user, .exclude, .filesystem: rule.syscalls.dropLast().allSatisfy { $0 == .max }
    }
  }

  private static func tellsAll(of field: Rule.Field) -> Bool {
    switch field.type {
    case AuditField.path, AuditField.directory, AuditField.executable, AuditField.key,
      AuditField.permission:
      // Printed with = whatever the operator is.
      guard field.operation == .equal else { return false }
    // Printed as a number, and read as a name alone.
    case AUDIT_FILETYPE: return false
    // Not printed.
    case AUDIT_FIELD_COMPARE: return FieldComparison(rawValue: field.value) != nil
    // Printed as negative, which is read of these alone.
    case AUDIT_EXIT, AUDIT_LOGINUID, AUDIT_SESSIONID, AUDIT_INODE, AUDIT_ARCH,
      AUDIT_ARG0, AUDIT_ARG1, AUDIT_ARG2, AUDIT_ARG3:
      break
    case _ where AuditField.isUser(field.type): break
    default: if field.string == nil, field.value > Int32.max { return false }
    }
    guard let string = field.string else { return true }
    // Between keys stands a 1; an empty key leaves nothing to print.
    if field.type == AuditField.key {
      let keys = string.split(separator: 1, omittingEmptySubsequences: false)
      if keys.contains(where: \.isEmpty) { return false }
    }
    // Printed as they are: what was escaped is several words.
    return !string.contains(UInt8(ascii: " ")) && !string.contains(UInt8(ascii: "\\"))
  }
}
