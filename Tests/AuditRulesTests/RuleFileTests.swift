import CNestaudit
import Testing

@testable import AuditRules

struct RuleFileTests {
  private func parse(_ text: String) throws(RuleError) -> Ruleset {
    try RuleFile.parse(text, file: "audit.rules")
  }

  @Test func settingsCommentsAndBlankLinesAreRead() throws {
    let ruleset = try parse(
      """
      # a comment
      -D
        -b 8192

      -f 0
      -r 100
      -e 2
      """)
    #expect(ruleset.rules.isEmpty)
    #expect(ruleset.settings.backlogLimit == 8192)
    #expect(ruleset.settings.failure == 0)
    #expect(ruleset.settings.rateLimit == 100)
    #expect(ruleset.settings.enabled == 2)
  }

  @Test func aRuleKeepsItsConditionsInTheirOrder() throws {
    let rule = try #require(
      try parse(
        "-a always,exit -F arch=b64 -S openat,59 -F uid>=1000 -F exit=-EACCES -k one -k two"
      )
      .rules.first)
    #expect(rule.action == RULE_ALWAYS.rawValue)
    #expect(rule.names(257) && rule.names(59) && !rule.names(2))
    #expect(
      rule.conditions == [
        .arch(operation: RULE_EQUAL.rawValue, value: AuditArch.x86_64),
        .number(
          field: RULE_FIELD_UID.rawValue, operation: RULE_GREATER_OR_EQUAL.rawValue, value: 1000),
        .number(
          field: RULE_FIELD_EXIT.rawValue, operation: RULE_EQUAL.rawValue,
          value: UInt32(bitPattern: -13)),
      ])
    #expect(rule.key == Array("one\u{1}two".utf8))
  }

  @Test(arguments: [
    ("=", RULE_EQUAL), ("!=", RULE_NOT_EQUAL), ("<", RULE_LESS), ("<=", RULE_LESS_OR_EQUAL),
    (">", RULE_GREATER), (">=", RULE_GREATER_OR_EQUAL), ("&", RULE_BIT_MASK),
    ("&=", RULE_BIT_TEST),
  ])
  func everyOperatorOfAuditctlIsKnown(text: String, operation: rule_operator) throws {
    let rules = try parse("-a always,exit -S openat -F a2\(text)3").rules
    #expect(
      rules.first?.conditions == [
        .number(field: RULE_FIELD_A2.rawValue, operation: operation.rawValue, value: 3)
      ])
  }

  @Test func aRuleWithoutASyscallMeansAllOfThem() throws {
    let rule = try #require(try parse("-a never,exit -F pid=1").rules.first)
    #expect(rule.action == RULE_NEVER.rawValue)
    #expect(rule.names(0) && rule.names(59) && rule.names(450))
  }

  @Test func upperCaseAPutsARuleFirst() throws {
    let rules = try parse("-a always,exit -S open -k late\n-A never,exit -S open -k early").rules
    #expect(rules.map(\.key) == [Array("early".utf8), Array("late".utf8)])
  }

  @Test func deletingForgetsWhatWentBefore() throws {
    let rules = try parse("-a always,exit -S open -k old\n-D\n-a always,exit -S open -k new").rules
    #expect(rules.map(\.key) == [Array("new".utf8)])
  }

  @Test func aWatchMeansThePathAndWhatIsBelow() throws {
    let rule = try #require(try parse("-w /etc/sudoers.d/ -p wa -k sudo").rules.first)
    #expect(rule.conditions.contains(.path("/etc/sudoers.d", below: true)))
    #expect(
      rule.conditions.contains(
        .permission(PermissionClasses.write | PermissionClasses.attribute)))
    #expect(rule.key == Array("sudo".utf8))
  }

  @Test func linesAreCountedAcrossAnIgnoredMistake() throws {
    let ruleset = try parse("-i\n-a always,exit -S nosuchcall\n-a always,exit -S open -k kept")
    #expect(ruleset.rules.map(\.line) == [3])
  }

  @Test(arguments: [
    ("-a always,exit -S nosuchcall", "nosuchcall"),
    ("-a always,exit -F nosuchfield=1 -S open", "nosuchfield"),
    ("-a always,exit -F arch=b65 -S open", "b65"),
    ("-a always -S open", "always,exit"),
    ("-a sometimes,exit -S open", "sometimes"),
    ("-a always,task", "list task is not supported yet"),
    ("-a always,exit -S", "-S needs a value"),
    ("-a always,exit -S open -C uid!=euid", "-C is not supported yet"),
    ("-a always,exit -S open -F inode=5", "not supported yet"),
    ("-a always,exit -S open stray", "stray"),
    ("-w etc/passwd -p wa", "must begin with '/'"),
    ("-w /etc/../passwd -p wa", "'..'"),
    ("-w /etc/passwd -p q", "'q'"),
    ("-W /etc/passwd", "-W is not supported yet"),
    ("-b many", "not 'many'"),
    ("-e 3", "0 to 2"),
    ("-f 2", "failure mode 2"),
    ("-D now", "takes no value"),
    ("-z", "no option of auditctl"),
    ("always,exit", "is not an option"),
  ])
  func aMistakeIsNamedWithFileAndLine(line: String, reason: String) throws {
    let error = #expect(throws: RuleError.self) { try parse("# first\n\(line)\n-b 1") }
    #expect(error?.file == "audit.rules")
    #expect(error?.line == 2)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    #expect(error?.description.hasPrefix("audit.rules:2: ") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func theDefaultRulesAreSound() throws {
    for text in [DefaultRules.host, DefaultRules.container] {
      let ruleset = try parse(text)
      #expect(ruleset.rules.count > 10)
      #expect(ruleset.rules.allSatisfy { $0.key != nil })
    }
  }
}
