import CNestaudit
import Testing

@testable import AuditRules

/// What is handed to the kernel may let too much through, never too little.
struct TableTests {
  @Test func theGateHasABitForEachSyscallThatIsNamed() throws {
    let gate = try compiled("-a always,exit -F arch=b64 -S openat,execve").gate
    let named = (0..<512).filter { gate[0][$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    #expect(named == [59, 257])
    #expect(gate[1].allSatisfy { $0 == 0 })
  }

  @Test func aWatchOpensTheGateForItsPermissionsAlone() throws {
    let gate = try compiled("-w /etc/passwd -p x").gate
    let named = (0..<512).filter { gate[0][$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    #expect(named == [59, 322])
  }

  @Test func rulesKeepTheirOrderAndSyscallsWithEqualOnesShareThem() throws {
    let ruleset = try compiled(
      """
      -a never,exit -F arch=b64 -S openat -F uid=5
      -a always,exit -F arch=b64 -S openat,connect,execve
      """)
    let tables = ruleset.tables(translatesIDs: false)
    #expect(tables.count == 2)
    let opens = try #require(tables.first { $0.keys.contains { $0.syscall == 257 } })
    #expect(opens.rules.map(\.action) == [UInt8(RULE_NEVER.rawValue), UInt8(RULE_ALWAYS.rawValue)])
    #expect(opens.rules[0].fields == 1)
    #expect(opens.rules[0].test.0.field == UInt8(RULE_FIELD_UID.rawValue))
    #expect(opens.rules[0].test.0.operation == UInt8(RULE_EQUAL.rawValue))
    #expect(opens.rules[0].test.0.value == 5)
    let rest = try #require(tables.first { $0.keys.count == 2 })
    #expect(Set(rest.keys.map(\.syscall)) == [42, 59])
    #expect(rest.rules.map(\.residual) == [0])
  }

  @Test func idsAreLeftToTheCollectorWhereTheViewHasOthers() throws {
    let ruleset = try compiled("-a always,exit -S openat -F uid=0 -F success=0")
    let plain = try #require(ruleset.tables(translatesIDs: false).first?.rules.first)
    #expect(plain.fields == 2 && plain.residual == 0)
    let translated = try #require(ruleset.tables(translatesIDs: true).first?.rules.first)
    #expect(translated.fields == 1 && translated.residual == 1)
    #expect(translated.test.0.field == UInt8(RULE_FIELD_SUCCESS.rawValue))
  }

  @Test(arguments: [
    "-F gid=5", "-F egid!=5", "-F path=/etc/passwd", "-F dir=/etc", "-C uid=euid", "-F contid=5",
  ])
  func whatTheKernelCannotJudgeIsLeft(condition: String) throws {
    let rule = try compiled("-a always,exit -S openat \(condition)")
      .tables(translatesIDs: false).first?.rules.first
    #expect(rule?.residual == 1)
    #expect(rule?.fields == 0)
  }

  @Test func moreConditionsThanFitAreLeft() throws {
    let conditions = (0..<12).map { "-F a0!=\($0)" }.joined(separator: " ")
    let rule = try compiled("-a always,exit -S openat \(conditions)")
      .tables(translatesIDs: false).first?.rules.first
    #expect(rule?.fields == UInt8(POLICY_RULE_FIELDS_MAX))
    #expect(rule?.residual == 1)
  }
}
