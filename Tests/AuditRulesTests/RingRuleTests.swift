import CNestaudit
import Testing

@testable import AuditRules

/// The list io_uring.
struct RingRuleTests {
  private func verdict(
    _ ruleset: CompiledRuleset, _ operation: UInt32, uid: UInt32 = 5
  ) -> RuleVerdict {
    Subject(uid: uid).with {
      ruleset.decide(request: operation, $0, watches: nil)
    }
  }

  @Test func namesAreThoseOfOperations() throws {
    let rule = try #require(
      try RuleFile.parse("-a always,io_uring -S openat2,9 -F uid=5 -k x", file: "r").rules.first)
    #expect((0..<64).filter(rule.names) == [9, 28])
    #expect(rule.text == "-a always,io_uring -S sendmsg,openat2 -F uid=5 -F key=x")
    #expect(throws: RuleError.self) {
      try RuleFile.parse("-a always,io_uring -S execve", file: "r")
    }
    let all = try #require(try RuleFile.parse("-a always,io_uring", file: "r").rules.first)
    #expect(all.text == "-a always,io_uring -S all")
  }

  @Test func theFirstRuleThatNamesTheOperationDecides() throws {
    let ruleset = try compiled(
      """
      -a never,io_uring -S openat -F uid=6
      -a always,io_uring -S openat,close -F uid=5 -k five
      -a always,exit -S openat -k syscall
      """)
    #expect(verdict(ruleset, 18, uid: 6) == .never)
    #expect(verdict(ruleset, 18) == .always(rule: 1, key: 1))
    #expect(verdict(ruleset, 18, uid: 7) == .noMatch)
    #expect(verdict(ruleset, 28) == .noMatch)
  }

  /// Nobody but who asks for them pays for them, and what the kernel's audit leaves out is never looked at.
  @Test(arguments: [
    ("-a always,exit -S openat", []), ("-a always,io_uring -S openat,22", [18]),
    ("-a never,io_uring -S close", [19]),
  ])
  func theGateHasWhatIsNamedAndAudited(text: String, operations: [Int]) throws {
    let words = try compiled(text).operations
    #expect((0..<256).filter { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 } == operations)
  }

  @Test func theSyscallsOwnRuleOpensItForAll() throws {
    let words = try compiled("-a always,exit -F arch=b64 -S io_uring_enter").operations
    for number in [18, 19, 28, 46, 57, 200] {
      #expect(words[number / 64] >> UInt64(number % 64) & 1 == 1)
    }
    for number in [0, 1, 21, 22, 26, 45] {
      #expect(words[number / 64] >> UInt64(number % 64) & 1 == 0)
    }
  }
}
