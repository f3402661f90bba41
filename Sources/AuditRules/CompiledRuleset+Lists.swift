import CLibAudit
import CNestaudit

/// The lists beside exit: task, io_uring, filesystem, exclude and user.
extension CompiledRuleset {
  /// What the task list says of a task that is made by the subject (kernel/auditsc.c, audit_filter_task).
  public func decideFork(
    _ subject: RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> ForkVerdict {
    for number in taskRules where isMet(compiled[number], subject, watches, nil) {
      return compiled[number].isAlways ? .always(rule: number) : .never
    }
    return .none
  }

  /// Whether names on a filesystem are left out (kernel/auditsc.c, __audit_inode).
  public func leavesOut(filesystem magic: UInt32) -> Bool {
    for number in filesystemRules {
      for test in compiled[number].tests where test.kind == .filesystem && test.compare(magic) {
        return true
      }
    }
    return false
  }

  /// Whether a record is left out (kernel/auditfilter.c, audit_filter): the action does not count, and a rule
  /// without a condition matches nothing.
  public func leavesOut(
    record type: UInt32, of subject: RuleSubject,
    watches: UnsafePointer<WatchObject>?
  ) -> Bool {
    for number in excludeRules {
      let tests = compiled[number].tests
      guard !tests.isEmpty else { continue }
      if isMet(tests[...], record: type, subject, watches) { return true }
    }
    return false
  }

  /// Whether a program's message is left out (kernel/auditfilter.c, audit_filter): the first rule that is met decides, and one
  /// without a condition is not. A condition that the kernel does not know here ends the search, once those before it are met.
  public func leavesOut(
    message type: UInt32, of subject: RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> Bool {
    for number in userRules where !source[number].fields.isEmpty {
      let known = source[number].fields.prefix { $0.isKnownToUserList }.count
      // Each of these has one test.
      guard isMet(compiled[number].tests[..<known], record: type, subject, watches) else {
        continue
      }
      return known == source[number].fields.count && !compiled[number].isAlways
    }
    return false
  }

  private func isMet(
    _ tests: Slice<UnsafeBufferPointer<RuleTest>>, record type: UInt32, _ subject: RuleSubject,
    _ watches: UnsafePointer<WatchObject>?
  ) -> Bool {
    for test in tests {
      let isMet =
        switch test.kind {
        case .messageType: test.compare(type)
        // No supplementary groups here.
        case .group: test.compare(subject.gid)
        default: test.isMet(by: subject, watches: watches, name: nil)
        }
      if !isMet { return false }
    }
    return true
  }

  // MARK: io_uring

  /// io_uring_enter, in either arch.
  static let enterRing = 426

  static func operations(of rules: [Rule], all: Bool) -> [UInt64] {
    var bits = [UInt64](repeating: 0, count: Int(POLICY_OPERATIONS) / 64)
    for number in 0..<Int(POLICY_OPERATIONS) where RingOperation(number).isAudited {
      if all || rules.contains(where: { $0.names(number) }) {
        bits[number / 64] |= 1 << UInt64(number % 64)
      }
    }
    return bits
  }

  /// What the list io_uring says of a request (kernel/auditsc.c, audit_filter_uring).
  /// - Parameter subject: with the names of the request, and with what running it returned as its result.
  public func decide(
    request operation: UInt32, _ subject: RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> RuleVerdict {
    for number in ringRules where source[number].names(Int(operation)) {
      let rule = compiled[number]
      let isFound =
        isHashed(rule, watches)
        ? subject.names.indices.contains { isMet(rule, subject, watches, $0) }
        : isMet(rule, subject, watches, nil)
      if !isFound { continue }
      return rule.isAlways ? .always(rule: number, key: rule.key == nil ? -1 : number) : .never
    }
    return .noMatch
  }
}

extension Rule.Field {
  /// Whether the kernel asks it of a message (kernel/auditfilter.c, audit_filter); contid as the posted series has it.
  var isKnownToUserList: Bool {
    switch type {
    case AUDIT_PID, AUDIT_UID, AUDIT_GID, AUDIT_LOGINUID, AUDIT_LOGINUID_SET, AUDIT_MSGTYPE,
      AuditField.executable, Rule.Field.contid, AUDIT_SUBJ_USER, AUDIT_SUBJ_ROLE, AUDIT_SUBJ_TYPE,
      AUDIT_SUBJ_SEN, AUDIT_SUBJ_CLR:
      true
    default: false
    }
  }
}
