import Testing

@testable import AuditRules

/// What is said of a rule before it is used.
struct StandingTests {
  private func standings(
    _ text: String, isAUIDUnset: Bool? = nil, unsetMatches: Bool = false,
    knowsNamedFiles: Bool = false, place: RuleSurroundings.Place? = nil
  ) throws -> [RuleStanding] {
    CompiledRuleset(
      try RuleFile.parse(text, file: "r"), options: .init(unsetAUIDMatches: unsetMatches)
    ).standings(
      in: RuleSurroundings(isAUIDUnset: isAUIDUnset, knowsNamedFiles: knowsNamedFiles) { _ in place
      })
  }

  @Test(arguments: [
    ("-a always,exit -S openat -F uid=5 -F exit=-EACCES", RuleStanding.Kind.active),
    ("-a always,exit -S openat -F gid=5", .active),
    ("-a never,task", .active),
    ("-a always,exit -S openat -F path=/etc/passwd", .active),
    ("-w /etc/passwd -p wa", .degraded),
    ("-a always,exit -S unlink -F obj_uid=0", .degraded),
    ("-a always,exit -S unlink -C uid!=obj_uid", .degraded),
    ("-a always,exit -S unlink -C uid!=euid", .active),
    ("-a never,user -F uid=5", .active), ("-a never,user", .never),
    ("-a never,user -F euid=5", .never),
    ("-a never,io_uring -S 1", .never), ("-a always,io_uring -S openat", .active),
    ("-a always,exit -S openat -F exit<0", .never),
    ("-a always,exit -S openat -F a0=1 -F a0=2", .never),
    ("-a always,exit -S openat -F uid!=1 -F uid!=2", .active),
    ("-a always,exit -S getppid -F perm=w", .never),
    ("-a always,exit -S openat -F subj_type=x", .never),
    ("-a always,filesystem -F fstype=0x9fa0", .never),
    ("-a never,filesystem -F fstype=0x9fa0", .active),
    ("-a always,exclude", .never),
  ])
  func everyRuleHasOne(text: String, kind: RuleStanding.Kind) throws {
    let standing = try #require(try standings(text).first)
    #expect(standing.kind == kind, "\(standing.reason)")
    #expect(!standing.reason.isEmpty)
  }

  @Test func anAuidThatNobodyHasIsSaidWithTheCure() throws {
    let text = "-a always,exit -S openat -F auid>=1000 -F auid!=unset"
    #expect(try standings(text).first?.kind == .active)
    let unset = try #require(try standings(text, isAUIDUnset: true).first)
    #expect(unset.kind == .never && unset.reason.contains("unset-matches"))
    #expect(try standings(text, isAUIDUnset: true, unsetMatches: true).first?.kind == .active)
    // Unset is the largest number: this condition is met by it.
    let number = "-a always,exit -S openat -F auid>=1000"
    #expect(try standings(number, isAUIDUnset: true).first?.kind == .active)
  }

  @Test func anEarlierRuleThatTakesAllIsNamed() throws {
    let all = try standings(
      """
      -a never,exit -S openat,open -F uid=5
      -a always,exit -S open -F uid=5 -F exit=3 -k late
      -a always,exit -S open -F exit=3
      -a always,exit -S close -F uid=5
      """)
    #expect(all.map(\.kind) == [.active, .shadowed, .active, .active])
    #expect(all[1].reason.contains("r:1"))
  }

  @Test func aPathWithoutADirectoryCannotBe() throws {
    let text = "-a always,exit -S openat -F path=/no/where"
    #expect(try standings(text, place: .noDirectory).first?.kind == .never)
    #expect(try standings(text, place: .nothing).first?.kind == .active)
    #expect(try standings(text).first?.kind == .active)
  }

  @Test func whatHooksKnowIsNotMissed() throws {
    #expect(try standings("-w /etc/passwd -p wa", knowsNamedFiles: true).first?.kind == .active)
    let owner = try standings("-a always,exit -S unlink -F obj_uid=0", knowsNamedFiles: true).first
    #expect(owner?.reason == "of calls that fail the object is often not known")
  }

  @Test func whereItIsDecidedIsSaid() throws {
    let text = "-a always,exit -S openat -F uid=5"
    #expect(try standings(text).first?.reason == "decided in the kernel")
    let contid = try standings("-a always,exit -F contid=68719476736").first?.reason
    #expect(contid == "finished by the collector: a contid of more than 32 bits")
    let task = try standings("-a never,task -F uid=5").first?.reason
    #expect(task == "decided in the kernel when a task is made")
  }
}
