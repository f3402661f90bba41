import Testing

@testable import AuditRules

/// auditctl's options on a command line, one change after the other.
struct RuleChangeTests {
  private func changed(
    _ ruleset: Ruleset = Ruleset(), _ words: String..., takesNames: Bool = false
  ) throws -> Ruleset {
    try RuleChange(words.map { Array($0.utf8) }, to: ruleset, takesNames: takesNames).ruleset
  }

  private func refusal(_ body: () throws -> Ruleset) -> RuleError? {
    do {
      _ = try body()
      return nil
    } catch { return error as? RuleError }
  }

  @Test func rulesComeAndGo() throws {
    let one = try changed(Ruleset(), "-a", "always,exit", "-S", "mount", "-k", "a b")
    #expect(Rule.listing(one.rules) == ["-a always,exit -S mount -F key=a b"])
    let two = try changed(one, "-w", "/etc/passwd", "-p", "wa", "-k", "id")
    #expect(two.rules.count == 2)
    #expect(
      Rule.listing(two.rules, key: Array("d".utf8)) == ["-w /etc/passwd -p wa -k id"])
    #expect(try changed(two, "-W", "/etc/passwd", "-p", "wa", "-k", "id").rules == one.rules)
    #expect(try changed(two, "-D", "-k", "id").rules == one.rules)
    #expect(try changed(two, "-D").rules.isEmpty)
  }

  @Test func whatTheKernelWouldRefuseIsToldApart() throws {
    let one = try changed(Ruleset(), "-w", "/etc", "-p", "wa")
    guard case .exists(let rule)? = refusal({ try changed(one, "-w", "/etc", "-p", "wa") })?.refusal
    else {
      Issue.record("a rule was added twice")
      return
    }
    #expect(rule.isSame(as: one.rules[0]))
    guard case .absent? = refusal({ try changed(one, "-W", "/etc", "-p", "r") })?.refusal else {
      Issue.record("a rule was deleted that is not there")
      return
    }
    let wrong = refusal { try changed(one, "-a", "always,exit", "-S", "no-such-call") }
    #expect(wrong?.refusal == nil && wrong?.reason == "syscall name unknown: no-such-call")
  }

  @Test func settingsAreSetAndOthersStay() throws {
    let one = try changed(Ruleset(), "-b", "100")
    let two = try changed(one, "-r", "5", "-f", "0")
    #expect(two.settings.backlogLimit == 100 && two.settings.rateLimit == 5)
    #expect(two.settings.failure == 0 && two.settings.enabled == nil)
    let reset = try changed(two, "--reset-lost")
    #expect(reset.settings.resetsLost)
    #expect(try !changed(reset, "-r", "6").settings.resetsLost)
    let waited = try changed(reset, "--reset_backlog_wait_time_actual")
    #expect(waited.settings.resetsWaited && !waited.settings.resetsLost)
    #expect(try !changed(waited, "-r", "6").settings.resetsWaited)
  }

  @Test(arguments: ["uid=root", "auid!=alice", "obj_gid=staff", "fsuid>=daemon", "gid=-x"])
  func aNameWouldBeOneOfTheHosts(field: String) {
    let error = refusal { try changed(Ruleset(), "-a", "always,exit", "-F", field) }
    #expect(error?.reason == "-F \(field): give the number; a name would be one of the host's")
  }

  @Test(arguments: ["uid=0", "auid!=unset", "auid=-1", "gid>=100"])
  func numbersAreTaken(field: String) throws {
    #expect(try changed(Ruleset(), "-a", "always,exit", "-F", field).rules.count == 1)
  }
}
