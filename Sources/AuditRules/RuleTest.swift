import CNestaudit
import Glibc

/// One condition of a rule, made ready. A flat value: no reference, no existential.
struct RuleTest {
  private enum Kind: UInt8 {
    case number
    case arch
    case permission
    case path
  }

  private let kind: Kind
  private let below: Bool
  private let field: UInt32
  private let operation: UInt32
  /// Of a path: its place among the watches.
  private let value: UInt32
  /// Of a path; lives as long as the ruleset.
  private let path: UnsafeRawBufferPointer?

  init(_ condition: Rule.Condition, watchPaths: inout [CompiledRuleset.WatchPath]) {
    switch condition {
    case .number(let field, let operation, let value):
      self.init(.number, field: field, operation: operation, value: value)
    case .arch(let operation, let value):
      self.init(.arch, field: 0, operation: operation, value: value)
    case .permission(let mask):
      self.init(.permission, field: 0, operation: 0, value: mask)
    case .path(let path, let below):
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: path.utf8.count, alignment: 1)
      copy.copyBytes(from: path.utf8)
      self.init(
        .path, field: 0, operation: 0, value: UInt32(watchPaths.count), below: below,
        path: UnsafeRawBufferPointer(copy))
      watchPaths.append(.init(path: path, below: below))
    }
  }

  private init(
    _ kind: Kind, field: UInt32, operation: UInt32, value: UInt32, below: Bool = false,
    path: UnsafeRawBufferPointer? = nil
  ) {
    self.kind = kind
    self.field = field
    self.operation = operation
    self.value = value
    self.below = below
    self.path = path
  }

  func free() { path?.deallocate() }

  @inline(__always)
  func isMet(by subject: borrowing RuleSubject, watches: UnsafePointer<WatchObject>?) -> Bool {
    switch kind {
    case .number: isNumberMet(by: subject)
    case .arch: (subject.arch == value) == (operation == RULE_EQUAL.rawValue)
    case .permission: isPermissionMet(by: subject)
    case .path: isPathMet(by: subject, watches: watches)
    }
  }

  @inline(__always)
  private func isNumberMet(by subject: borrowing RuleSubject) -> Bool {
    let number: UInt32
    switch field {
    case RULE_FIELD_PID.rawValue: number = subject.pid
    case RULE_FIELD_PPID.rawValue: number = subject.ppid
    case RULE_FIELD_UID.rawValue: number = subject.uid
    case RULE_FIELD_EUID.rawValue: number = subject.euid
    case RULE_FIELD_SUID.rawValue: number = subject.suid
    case RULE_FIELD_FSUID.rawValue: number = subject.fsuid
    case RULE_FIELD_GID.rawValue: return isGroupMet(subject.gid, subject.groups)
    case RULE_FIELD_EGID.rawValue: return isGroupMet(subject.egid, subject.groups)
    case RULE_FIELD_SGID.rawValue: number = subject.sgid
    case RULE_FIELD_FSGID.rawValue: number = subject.fsgid
    case RULE_FIELD_AUID.rawValue: number = subject.auid
    case RULE_FIELD_SESSION.rawValue: number = subject.ses
    case RULE_FIELD_PERS.rawValue: number = subject.pers
    case RULE_FIELD_EXIT.rawValue:
      guard subject.hasResult else { return false }
      number = UInt32(truncatingIfNeeded: subject.result)
    case RULE_FIELD_SUCCESS.rawValue:
      guard subject.hasResult else { return false }
      let result = subject.result
      number = result < 0 && result >= -4095 ? 0 : 1
    case RULE_FIELD_A0.rawValue: number = UInt32(truncatingIfNeeded: subject.a0)
    case RULE_FIELD_A1.rawValue: number = UInt32(truncatingIfNeeded: subject.a1)
    case RULE_FIELD_A2.rawValue: number = UInt32(truncatingIfNeeded: subject.a2)
    case RULE_FIELD_A3.rawValue: number = UInt32(truncatingIfNeeded: subject.a3)
    default: return false
    }
    return compare(number)
  }

  /// kernel/auditfilter.c, audit_comparator: unsigned, 32 bits.
  @inline(__always)
  private func compare(_ left: UInt32) -> Bool {
    switch operation {
    case RULE_EQUAL.rawValue: left == value
    case RULE_NOT_EQUAL.rawValue: left != value
    case RULE_LESS.rawValue: left < value
    case RULE_LESS_OR_EQUAL.rawValue: left <= value
    case RULE_GREATER.rawValue: left > value
    case RULE_GREATER_OR_EQUAL.rawValue: left >= value
    case RULE_BIT_MASK.rawValue: left & value != 0
    case RULE_BIT_TEST.rawValue: left & value == value
    default: false
    }
  }

  /// kernel/auditsc.c, audit_filter_rules: = and != ask the supplementary groups too.
  private func isGroupMet(_ own: UInt32, _ groups: UnsafeBufferPointer<UInt32>) -> Bool {
    switch operation {
    case RULE_EQUAL.rawValue: own == value || groups.contains(value)
    case RULE_NOT_EQUAL.rawValue: own != value && !groups.contains(value)
    default: compare(own)
    }
  }

  /// kernel/auditsc.c, audit_match_perm: an open is judged by its access mode; the rest, by its class, has been
  /// when the ruleset was compiled.
  private func isPermissionMet(by subject: borrowing RuleSubject) -> Bool {
    let arch = subject.arch == AuditArch.i386 ? 1 : 0
    let classes = PermissionClasses.arches[arch]
    let flags: UInt64
    switch subject.syscall {
    case classes.open: flags = subject.a1
    case classes.openat: flags = subject.a2
    default: return true
    }
    let access: UInt32
    switch flags & 3 {
    case 0: access = PermissionClasses.read
    case 1: access = PermissionClasses.write
    default: access = PermissionClasses.read | PermissionClasses.write
    }
    return value & access != 0
  }

  private func isPathMet(
    by subject: borrowing RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> Bool {
    guard let path else { return false }
    let object = watches?[Int(value)]
    for candidate in subject.paths {
      if let object, object.ino != 0, object.ino == candidate.ino, object.dev == candidate.dev {
        return true
      }
      guard candidate.name.count >= path.count,
        memcmp(candidate.name.baseAddress!, path.baseAddress!, path.count) == 0
      else { continue }
      if candidate.name.count == path.count { return true }
      if below, candidate.name[path.count] == UInt8(ascii: "/") { return true }
    }
    return false
  }
}
