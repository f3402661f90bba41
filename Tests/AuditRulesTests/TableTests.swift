import CNestaudit
import TableReader
import Testing

@testable import AuditRules

/// What is handed to the kernel may let too much through, never too little; read by the code that BPF runs.
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

  @Test(arguments: [
    ("a0=5", UInt64(5), true), ("a0=5", 6, false), ("a0!=5", 5, false), ("a0!=5", 0, true),
    ("a0<5", 4, true), ("a0<5", 5, false), ("a0<=5", 5, true), ("a0>5", 5, false),
    ("a0>5", 6, true), ("a0>=5", 5, true), ("a0>=4294967295", 0xffff_ffff, true),
    ("a0>=4294967295", 0xffff_fffe, false), ("a0=0", 1 << 32, true), ("a0&6", 4, true),
    ("a0&6", 1, false), ("a0&=6", 4, false), ("a0&=6", 7, true), ("a0&0", 7, false),
    ("a0&=0", 0, true), ("a0>1 -F a0<9 -F a0!=5", 5, false), ("a0>1 -F a0<9 -F a0!=5", 8, true),
    ("a0&6 -F a0&=8", 10, true), ("a0&6 -F a0&=8", 8, false),
  ])
  func numbersAreComparedAsTheKernelDoes(condition: String, value: UInt64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect(try wants(Subject(args: (value, 0, 0, 0)), ruleset) == met)
  }

  @Test func aSecondMaskOfOneArgumentIsLeftToTheCollector() throws {
    let ruleset = try compiled("-a always,exit -S openat -F a0&1 -F a0&2")
    #expect(try wants(Subject(args: (3, 0, 0, 0)), ruleset))
    #expect(try wants(Subject(args: (1, 0, 0, 0)), ruleset))
    let never = try compiled(
      "-a never,exit -S openat -F a0&1 -F a0&2\n-a always,exit -S openat")
    #expect(try wants(Subject(args: (1, 0, 0, 0)), never))
  }

  @Test func aRuleThatExcludesEndsTheSearch() throws {
    let ruleset = try compiled(
      """
      -a always,exit -S openat -F a0=1
      -a never,exit -S openat -F uid=5
      -a always,exit -S openat
      """)
    #expect(try !wants(Subject(uid: 5), ruleset))
    #expect(try wants(Subject(args: (1, 0, 0, 0), uid: 5), ruleset))
    #expect(try wants(Subject(uid: 6), ruleset))
  }

  @Test func whatOnlyTheCollectorKnowsExcludesNothing() throws {
    let left = ["-F saddr_fam=2", "-F contid=5", "-F obj_uid=0", "-F filetype=file"]
    for condition in left {
      let ruleset = try compiled(
        "-a never,exit -S openat \(condition)\n-a always,exit -S openat -F uid=0")
      #expect(try wants(Subject(), ruleset), "\(condition)")
    }
    // The supplementary groups of the task are not looked through in the kernel.
    let groups = try compiled("-a never,exit -S openat -F gid=5\n-a always,exit -S openat")
    #expect(try wants(Subject(groups: [5]), groups))
    #expect(try !wants(Subject(gid: 5), groups))
  }

  @Test func aFileIsFoundByWhatItIsAndByItsNameInItsDirectory() throws {
    let ruleset = try compiled("-w /etc/passwd -p r")
    var watched = WatchObject(dev: 1, ino: 77)
    (watched.directory, watched.directoryDev, watched.name) = (3, 1, 0xabc1)
    func wants(_ name: Subject.Name) throws -> Bool {
      try self.wants(Subject(names: [name]), ruleset, [watched])
    }
    #expect(try wants(.init(ino: 77)))
    #expect(try !wants(.init(ino: 78)))
    #expect(try !wants(.init(ino: 77, dev: 2)))
    // Replaced: another inode, the same name in the same directory.
    #expect(try wants(.init(ino: 78, above: [3, 2], fingerprints: [0xabc1])))
    #expect(try !wants(.init(ino: 78, above: [4, 2], fingerprints: [0xabc1])))
    // What cannot be told by an object is left to the collector.
    #expect(try wants(.init(text: "/srv/x")))
  }

  @Test func programsAreFoundByTheirFile() throws {
    let ruleset = try compiled(
      "-a always,exit -S openat -F exe=/bin/a\n-a always,exit -S connect -F exe!=/bin/a")
    let watched = [WatchObject(dev: 1, ino: 5)]
    #expect(try wants(Subject(executable: 5), ruleset, watched))
    #expect(try !wants(Subject(executable: 6), ruleset, watched))
    #expect(try !wants(Subject(syscall: 42, executable: 5), ruleset, watched))
    #expect(try wants(Subject(syscall: 42, executable: 6), ruleset, watched))
  }

  @Test func thousandsOfRulesAreExactlyThemselves() throws {
    let text = (0..<3000).map { "-a always,exit -F arch=b64 -S openat -F a0=\($0 * 7)" }
    let reader = try TableReader(try compiled(text.joined(separator: "\n")))
    for value in stride(from: UInt64(0), to: 21_100, by: 1) {
      let answer = Subject(args: (value, 0, 0, 0)).with { reader.ask($0, watches: nil) }
      #expect(answer.wants == (value % 7 == 0 && value < 21_000))
      #expect(answer.outside == 0)
    }
  }

  @Test func whatDoesNotFitIsRefusedWithItsLimit() throws {
    let text = (0..<4097).map { "-a always,exit -F arch=b64 -S openat -F a0=\($0)" }
    let ruleset = try compiled(text.joined(separator: "\n"))
    let error = #expect(throws: RuleTableError.self) { try RuleTable(ruleset) }
    #expect(error?.description.contains("at most 4096") == true)
  }

  @Test func moreBoundsThanATreeHoldsAreLeftToTheCollector() throws {
    let rules = (0..<100).map { rule in
      "-a never,exit -S openat"
        + (0..<60).map { " -F a0!=\(rule * 1000 + $0 * 3)" }.joined() + " -F a1=\(rule)"
    }
    let ruleset = try compiled(rules.joined(separator: "\n") + "\n-a always,exit -S openat")
    // The first rules are judged in the kernel, the last ones are not: they may not end the search.
    #expect(try !wants(Subject(args: (1, 0, 0, 0)), ruleset))
    #expect(try wants(Subject(args: (1, 99, 0, 0)), ruleset))
  }

  private func wants(
    _ subject: Subject, _ ruleset: CompiledRuleset, _ watches: [WatchObject] = []
  ) throws -> Bool {
    let reader = try TableReader(ruleset)
    let answer = watches.withUnsafeBufferPointer { watches in
      subject.with { reader.ask($0, watches: watches.isEmpty ? nil : watches.baseAddress) }
    }
    #expect(answer.outside == 0)
    return answer.wants
  }
}
