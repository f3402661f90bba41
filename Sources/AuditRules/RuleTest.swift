import CLibAudit
import CNestaudit
import Glibc

/// One condition of a rule, made ready. A flat value: no reference, no existential.
struct RuleTest {
  enum Kind: UInt8 {
    /// A number of the syscall or the task.
    case number
    case group
    case auid
    case arch
    case permission
    /// A file, found by what is at a path of the daemon's container.
    case path
    case directory
    /// A directory if there is one at the path, else a file.
    case watch
    case executable
    /// A number of the objects: any may meet it.
    case inode, deviceMajor, deviceMinor, owner, ownerGroup
    case fileType
    case filesystem
    case comparison
    case addressFamily
    case contid
    case messageType
    case met
    case unmet
  }

  let kind: Kind
  /// With `auid = unset-matches`.
  private(set) var unsetMatches = false
  /// enum rule_field, or the number of a -C.
  let field: UInt32
  let operation: Rule.Operator
  /// Of a path, the number of its watch.
  let value: UInt32
  let contid: UInt64
  /// Of a path; lives as long as the ruleset.
  private let path: UnsafeRawBufferPointer?

  init(
    _ kind: Kind, field: UInt32 = 0, operation: Rule.Operator = .equal, value: UInt32 = 0,
    contid: UInt64 = 0,
    path: [UInt8]? = nil, unsetMatches: Bool = false
  ) {
    self.kind = kind
    self.field = field
    self.operation = operation
    self.value = value
    self.contid = contid
    self.unsetMatches = unsetMatches
    self.path = path.map { bytes in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      copy.copyBytes(from: bytes)
      return UnsafeRawBufferPointer(copy)
    }
  }

  func free() { path?.deallocate() }

  /// - Parameter name: the only name that counts, for a rule that is found by a name's object.
  @inline(__always)
  func isMet(
    by subject: RuleSubject, watches: UnsafePointer<WatchObject>?, name: Int?
  ) -> Bool {
    switch kind {
    case .number: isNumberMet(by: subject)
    case .group: isGroupMet(by: subject)
    case .auid: unsetMatches && subject.auid == .max || compare(subject.auid)
    case .arch: (subject.arch == value) == isEquality
    case .permission: isPermissionMet(by: subject) == isEquality
    case .path: name.map { isAtPath(subject.names[$0], watches) } ?? false
    case .directory: subject.names.contains { isBelow($0, watches) }
    case .watch:
      name.map { isAtPath(subject.names[$0], watches) }
        ?? subject.names.contains { isBelow($0, watches) }
    case .executable: isRunning(subject.executable, watches) == isEquality
    case .inode, .deviceMajor, .deviceMinor, .owner, .ownerGroup:
      isObjectMet(by: subject, name: name)
    case .fileType:
      subject.names.contains { $0.hasObject && $0.mode & 0o170000 == value } == isEquality
    case .filesystem: subject.names.contains { $0.hasObject && compare($0.filesystem) }
    case .comparison: isComparisonMet(by: subject, name: name)
    case .addressFamily: subject.addressFamily.map { compare(UInt32($0)) } ?? false
    case .contid: isContidMet(by: subject)
    case .messageType, .unmet: false
    case .met: true
    }
  }

  @inline(__always)
  private func isNumberMet(by subject: RuleSubject) -> Bool {
    let number: UInt32
    switch field {
    case RULE_FIELD_PID.rawValue: number = subject.pid
    case RULE_FIELD_PPID.rawValue: number = subject.ppid
    case RULE_FIELD_UID.rawValue: number = subject.uid
    case RULE_FIELD_EUID.rawValue: number = subject.euid
    case RULE_FIELD_SUID.rawValue: number = subject.suid
    case RULE_FIELD_FSUID.rawValue: number = subject.fsuid
    case RULE_FIELD_SGID.rawValue: number = subject.sgid
    case RULE_FIELD_FSGID.rawValue: number = subject.fsgid
    case RULE_FIELD_SESSION.rawValue: number = subject.ses
    case RULE_FIELD_PERS.rawValue: number = subject.pers
    case RULE_FIELD_EXIT.rawValue:
      guard subject.hasResult else { return false }
      number = UInt32(truncatingIfNeeded: subject.result)
    case RULE_FIELD_SUCCESS.rawValue:
      guard subject.hasResult else { return false }
      let failed = subject.result < 0 && subject.result >= -4095
      // kernel/auditsc.c: AUDITSC_SUCCESS, AUDITSC_FAILURE.
      number = failed ? 2 : 1
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
  func compare(_ left: UInt32) -> Bool { compare(left, with: value) }

  @inline(__always)
  func compare(_ left: UInt32, with value: UInt32) -> Bool {
    switch operation {
    case .equal: left == value
    case .notEqual: left != value
    case .less: left < value
    case .lessOrEqual: left <= value
    case .greater: left > value
    case .greaterOrEqual: left >= value
    case .bitMask: left & value != 0
    case .bitTest: left & value == value
    }
  }

  /// kernel/auditsc.c, audit_filter_rules: = and != ask the supplementary groups too.
  private func isGroupMet(by subject: RuleSubject) -> Bool {
    let own = field == RULE_FIELD_GID.rawValue ? subject.gid : subject.egid
    switch operation {
    case .equal: return own == value || subject.groups.contains(value)
    case .notEqual: return own != value && !subject.groups.contains(value)
    default: return compare(own)
    }
  }

  /// kernel/auditsc.c, audit_match_perm.
  private func isPermissionMet(by subject: RuleSubject) -> Bool {
    let classes = SyscallClasses.arches[subject.arch == AuditArch.i386 ? 1 : 0]
    let flags: UInt64
    switch subject.syscall {
    case classes.open: flags = subject.a1
    case classes.openat: flags = subject.a2
    case classes.openat2: flags = subject.openFlags
    case classes.socketcall: return value & SyscallClasses.write != 0 && subject.a0 == 2
    default: return classes.mayMatch(value, Int(subject.syscall))
    }
    return value & SyscallClasses.access(ofFlags: flags) != 0
  }

  // MARK: Files

  /// kernel/audit_fsnotify.c, audit_mark_compare.
  private func isRunning(
    _ program: Executable, _ watches: UnsafePointer<WatchObject>?
  ) -> Bool {
    guard let watched = watches?[Int(value)], program.ino != 0 else { return false }
    return watched.ino == program.ino && watched.dev == program.dev
      || watched.directory != 0 && watched.directory == program.directory
        && watched.directoryDev == program.dev
        && watched.name == program.name && program.name != 0
  }

  /// The object itself, where it is known; else the name alone.
  private func isAtPath(_ name: RuleName, _ watches: UnsafePointer<WatchObject>?) -> Bool {
    if name.hasObject {
      if let watches, isLink(0, of: name, watches[Int(value)]) { return true }
      if !name.isDoubtful, !isLost(watches) { return false }
    }
    return hasText(name)
  }

  /// kernel/auditsc.c, match_tree_refs: the object or a directory above it is the one that the rule means.
  private func isBelow(_ name: RuleName, _ watches: UnsafePointer<WatchObject>?) -> Bool {
    if name.hasObject {
      if let watches, isObjectBelow(name, watches[Int(value)]) { return true }
      if !name.isDoubtful, !isLost(watches) { return false }
    }
    return hasText(name) || hasTextBelow(name)
  }

  private func isLost(_ watches: UnsafePointer<WatchObject>?) -> Bool {
    watches?[Int(value)].isLost ?? false
  }

  @inline(__always)
  private func isObjectBelow(_ name: RuleName, _ watched: WatchObject) -> Bool {
    for index in 0..<max(name.chain.count, 1) {
      if isLink(index, of: name, watched) { return true }
      let ino = index < name.chain.count ? name.chain[index].ino : name.ino
      for mount in watched.mounts where mount.ino == ino && mount.dev == name.dev { return true }
    }
    return false
  }

  /// Whether the object, or a directory so far above it, is what is at the path.
  @inline(__always)
  private func isLink(_ index: Int, of name: RuleName, _ watched: WatchObject) -> Bool {
    let chain = name.chain
    let ino = index < chain.count ? chain[index].ino : name.ino
    if watched.ino != 0, watched.ino == ino, watched.dev == name.dev { return true }
    guard index + 1 < chain.count, watched.directory != 0,
      watched.directory == chain[index + 1].ino, watched.directoryDev == name.dev
    else { return false }
    // Of what was captured before the rule was known the fingerprint was not made.
    if chain[index].name == 0 { return index == 0 && hasText(name) }
    return watched.name == chain[index].name
  }

  private func hasText(_ name: RuleName) -> Bool {
    guard let path, name.text.count == path.count else { return false }
    return memcmp(name.text.baseAddress!, path.baseAddress!, path.count) == 0
  }

  private func hasTextBelow(_ name: RuleName) -> Bool {
    guard let path, name.text.count > path.count,
      memcmp(name.text.baseAddress!, path.baseAddress!, path.count) == 0
    else { return false }
    return path.count == 1 || name.text[path.count] == UInt8(ascii: "/")
  }

  private func isObjectMet(by subject: RuleSubject, name: Int?) -> Bool {
    if let name { return isObjectMet(subject.names[name]) }
    return subject.names.contains { isObjectMet($0) }
  }

  /// What is not known counts as in the kernel: inode -1, and 0 for the rest.
  private func isObjectMet(_ name: RuleName) -> Bool {
    switch kind {
    case .inode:
      compare(name.hasObject ? UInt32(truncatingIfNeeded: name.ino) : .max)
    case .deviceMajor: compare(name.dev >> 20) || compare(name.rdev >> 20)
    case .deviceMinor: compare(name.dev & 0xfffff) || compare(name.rdev & 0xfffff)
    case .owner: compare(name.uid)
    default: compare(name.gid)
    }
  }

  // MARK: -C, contid

  /// kernel/auditsc.c, audit_field_compare.
  private func isComparisonMet(by subject: RuleSubject, name: Int?) -> Bool {
    guard let comparison = FieldComparison(rawValue: field) else { return false }
    if unsetMatches, subject.auid == .max, comparison.isAboutAUID { return true }
    let left = comparison.left(of: subject)
    func meets(_ right: UInt32) -> Bool { (left == right) == isEquality }
    switch comparison.right(of: subject) {
    case .number(let right): return meets(right)
    case .owner:
      if let name { return meets(subject.names[name].uid) }
      return subject.names.contains { meets($0.uid) }
    case .ownerGroup:
      if let name { return meets(subject.names[name].gid) }
      return subject.names.contains { meets($0.gid) }
    }
  }

  /// The task's container, or one around it, is the one that is meant; for != none of them is.
  private func isContidMet(by subject: RuleSubject) -> Bool {
    // What is in no container of the view has no contid: it is unset.
    if subject.contids.isEmpty { return compareContid(.max) }
    if operation == .notEqual { return !subject.contids.contains(contid) }
    return subject.contids.contains { compareContid($0) }
  }

  private func compareContid(_ left: UInt64) -> Bool {
    switch operation {
    case .equal: left == contid
    case .notEqual: left != contid
    case .less: left < contid
    case .lessOrEqual: left <= contid
    case .greater: left > contid
    case .greaterOrEqual: left >= contid
    case .bitMask: left & contid != 0
    case .bitTest: left & contid == contid
    }
  }
}
