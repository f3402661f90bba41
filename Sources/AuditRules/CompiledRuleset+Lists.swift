import CNestaudit

/// The lists beside exit: task, io_uring, filesystem and exclude.
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
      var met = true
      for test in tests where met {
        switch test.kind {
        case .messageType: met = test.compare(type)
        // No supplementary groups here.
        case .group: met = test.compare(subject.gid)
        default: met = test.isMet(by: subject, watches: watches, name: nil)
        }
      }
      if met { return true }
    }
    return false
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
