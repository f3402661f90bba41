import CLibAudit
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
    #expect(rule.action == .always)
    #expect(rule.names(257) && rule.names(59) && !rule.names(2))
    #expect(rule.fields.map(\.type) == [AUDIT_ARCH, AUDIT_UID, AUDIT_EXIT, AuditField.key])
    #expect(
      rule.fields.prefix(3).map(\.value) == [AuditArch.x86_64, 1000, UInt32(bitPattern: -13)])
    #expect(rule.fields.prefix(3).map(\.operation) == [.equal, .greaterOrEqual, .equal])
    #expect(rule.key == Array("one\u{1}two".utf8))
  }

  @Test(arguments: Rule.Operator.allCases)
  func everyOperatorOfAuditctlIsKnown(operation: Rule.Operator) throws {
    for field in ["a2", "contid"] {
      let rules = try parse("-a always,exit -S openat -F \(field)\(operation.symbol)3").rules
      #expect(rules.first?.fields.map(\.operation) == [operation], "\(field)")
    }
  }

  @Test func aNameMayBeginWithAMarkThatJoinsTheSlash() throws {
    let name = "\u{301}" + String(repeating: "x", count: 253)
    let rules = try parse("-w /\u{301}etc/\(name) -p wa\n-w /\(name)/ -p r").rules
    #expect(rules.map(\.text) == ["-w /\u{301}etc/\(name) -p wa", "-w /\(name) -p r"])
    #expect(throws: Never.self) { try parse("-q /\u{301}mount,/\u{301}tree") }
  }

  @Test func aContidHas64Bits() throws {
    let rule = try #require(
      try parse("-a always,exit -S openat -F uid=1 -F contid>=18446744073709551614 -F gid=2")
        .rules.first)
    #expect(rule.fields.map(\.contid) == [0, .max - 1, 0])
    #expect(
      rule.text
        == "-a always,exit -S openat -F uid=1 -F contid>=18446744073709551614 -F gid=2")
  }

  @Test func aRuleWithoutASyscallMeansAllOfThem() throws {
    let rule = try #require(try parse("-a never,exit -F pid=1").rules.first)
    #expect(rule.action == .never)
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

  @Test func aWatchIsLeftToBeAFileOrADirectory() throws {
    let ruleset = try parse("-w /etc/sudoers.d/ -p wa -k sudo")
    #expect(
      CompiledRuleset(ruleset).watchPaths == [
        WatchPath(path: "/etc/sudoers.d", below: true, follows: false)
      ])
    #expect(ruleset.rules.first?.text == "-w /etc/sudoers.d -p wa -k sudo")
  }

  @Test func rulesAreDeletedByWhatTheyAre() throws {
    let rules = try parse(
      """
      -a always,exit -S open -k x
      -w /etc/passwd -p wa -k y
      -w /etc/group -p wa -k yz
      -a always,exit -S close
      -d always,exit -S open -k x
      -W /etc/passwd -p wa -k y
      -D -k z
      """
    ).rules
    #expect(rules.map(\.text) == ["-a always,exit -S close"])
  }

  @Test func aLockedRulesetTakesNoMoreRules() {
    let error = #expect(throws: RuleError.self) { try parse("-e 2\n-a always,exit -S open") }
    #expect(error?.reason.contains("-e 2") == true)
  }

  @Test func wordsMayHaveBlanksAndBackslashes() throws {
    let ruleset = try parse(#"-w /tmp/a\ b\\c -p r"#)
    #expect(CompiledRuleset(ruleset).watchPaths.first?.path == #"/tmp/a b\c"#)
  }

  @Test func severalFilesAreJoinedAsByAugenrules() throws {
    let lines = RulesDirectory.join([
      ("10.rules", "# x\n-D\n-b 1\n-a always,exit -S open\n-e 2\n"),
      ("20.rules", "\n-b 2\n  -f 1\n-D -k x\n-a always,exit -S close\n"),
    ])
    #expect(
      lines.map(\.text) == [
        "-D", "-b 2", "  -f 1", "-a always,exit -S open", "-D -k x", "-a always,exit -S close",
        "-e 2",
      ])
    #expect(lines[1].place.text == "20.rules:2")
    #expect(try RuleFile.parse(lines).rules.count == 2)
    #expect(RulesDirectory.sorted(["9-b", "10-a", "1-c"]) == ["1-c", "9-b", "10-a"])
  }

  @Test func whatIsOddIsSaid() throws {
    let ruleset = try parse("-i\n-a always,exit -S nosuch\n-f 2\n-a always,exit -S chown32,open")
    #expect(ruleset.rules.isEmpty)
    #expect(ruleset.warnings.map(\.line) == [2, 3, 4])
  }

  @Test func linesAreCountedAcrossAnIgnoredMistake() throws {
    let ruleset = try parse("-i\n-a always,exit -S nosuchcall\n-a always,exit -S open -k kept")
    #expect(ruleset.rules.map(\.place.line) == [3])
  }

  @Test(arguments: [
    ("-a always,exit -S nosuchcall", "nosuchcall"),
    ("-a always,exit -F nosuchfield=1 -S open", "nosuchfield"),
    ("-a always,exit -F arch=b65 -S open", "arch"),
    ("-a always -S open", "always,exit"),
    ("-a sometimes,exit -S open", "sometimes"),
    ("-a always,task -S open", "list task"),
    ("-a always,exit -S", "lacks its value"),
    ("-a always,exit -S open -C uid<euid", "= or !="),
    ("-a always,exit -S open -F uid&5", "neither & nor &="),
    ("-a always,exit -S open -F contid=x", "a contid is a number"),
    ("-a always,task -F contid=5", "lists exit, user and exclude"),
    ("-a always,exit -S open -F uid=nosuchuser", "unknown user"),
    ("-a always,exit -S open stray", "stray"),
    ("-w etc/passwd -p wa", "must start with '/'"),
    ("-w /etc/passwd -p q", "permission q"),
    ("-W /etc/passwd", "no such rule"),
    ("-w /x -p r\n-w /x -p r", "Rule exists"),
    ("-b many", "many"),
    ("-e 3", "0, 1, or 2"),
    ("-D now", "-k and a key"),
    ("-z", "option -z is invalid"),
    ("always,exit", "belongs to no option"),
  ])
  func aMistakeIsNamedWithFileAndLine(line: String, reason: String) throws {
    let error = #expect(throws: RuleError.self) { try parse("# first\n\(line)\n-b 1") }
    let last = line.split(separator: "\n").count + 1
    #expect(error?.file == "audit.rules")
    #expect(error?.line == last)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    #expect(error?.description.hasPrefix("audit.rules:\(last): ") == true)
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
