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
    for condition in ["-F obj_uid=0", "-F filetype=file", "-F inode=7", "-C uid=obj_uid"] {
      let ruleset = try compiled(
        "-a never,exit -S openat \(condition)\n-a always,exit -S openat -F uid=0")
      // Nothing but the text of the name is known.
      #expect(try wants(Subject(names: [.init(text: "/srv/x")]), ruleset), "\(condition)")
    }
    let large = try compiled(
      "-a never,exit -S openat -F contid=68719476736\n-a always,exit -S openat")
    #expect(try wants(Subject(contids: [68_719_476_736]), large))
  }

  /// Of each case: the condition, an event, and whether it is met.
  @Test(arguments: [
    ("gid=5", Subject(groups: [4, 5]), true), ("gid=5", Subject(groups: [4, 6]), false),
    ("gid!=5", Subject(groups: [4, 5]), false), ("gid!=5", Subject(groups: [4, 6]), true),
    ("gid!=5 -F gid!=6", Subject(groups: [4, 6]), false), ("gid>3", Subject(groups: [5]), false),
    ("egid>3", Subject(gid: 4, groups: [1]), true), ("egid=4", Subject(gid: 4), true),
    ("contid=7", Subject(contids: [9, 7]), true), ("contid=7", Subject(contids: [9, 8]), false),
    ("contid!=7", Subject(contids: [9, 7]), false), ("contid!=7", Subject(contids: [9]), true),
    ("contid=unset", Subject(), true), ("contid=unset", Subject(contids: [9]), false),
    ("contid!=unset", Subject(), false), ("contid!=unset", Subject(contids: [9]), true),
    ("contid>8", Subject(contids: [7, 9]), true), ("contid<7", Subject(contids: [7, 9]), false),
    ("contid&6", Subject(contids: [4]), true), ("contid&=6", Subject(contids: [4]), false),
    ("saddr_fam=2", Subject(addressFamily: 2), true),
    ("saddr_fam=2", Subject(addressFamily: 1), false), ("saddr_fam!=2", Subject(), false),
    ("inode=7", Subject(names: [.init(ino: 7)]), true),
    ("inode!=7", Subject(names: [.init(ino: 7)]), false),
    ("inode!=7", Subject(names: [.init(ino: 7), .init(ino: 8)]), true),
    ("inode!=7", Subject(), false),
    ("devmajor=0", Subject(names: [.init(ino: 7)]), true),
    ("devminor=2", Subject(names: [.init(ino: 7)]), false),
    ("obj_uid=3", Subject(names: [.init(ino: 7), .init(ino: 8, uid: 3)]), true),
    ("obj_uid=3", Subject(names: [.init(ino: 7), .init(ino: 8)]), false),
    ("filetype=dir", Subject(names: [.init(ino: 7)]), false),
    ("filetype!=dir", Subject(names: [.init(ino: 7)]), true),
    ("filetype!=dir", Subject(names: [.init(ino: 7), .init(ino: 8, mode: 0o40755)]), false),
    ("filetype!=dir", Subject(), true),
  ])
  func ofSeveralNumbersOneOrAllHaveToMeetACondition(
    condition: String, subject: Subject, isMet: Bool
  ) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect(try wants(subject, ruleset) == isMet)
    let never = try compiled(
      "-a never,exit -S openat -F \(condition)\n-a always,exit -S openat")
    // A rule that is found by an inode may come too late to exclude.
    #expect(try wants(subject, never) == !isMet || condition.hasPrefix("inode="))
  }

  @Test func eachConditionOfARuleMayBeMetByAnotherNumber() throws {
    let ruleset = try compiled("-a always,exit -S openat -F obj_uid>5 -F obj_uid<10")
    let owners: [Subject.Name] = [.init(ino: 1, uid: 3), .init(ino: 2, uid: 20)]
    #expect(try wants(Subject(names: owners), ruleset))
    #expect(try !wants(Subject(names: [owners[0]]), ruleset))
    let groups = try compiled("-a always,exit -S openat -F gid=5 -F gid<4")
    #expect(try wants(Subject(gid: 3, groups: [5]), groups))
  }

  @Test func aComparisonAsksTheOwnersOfFiles() throws {
    let ruleset = try compiled("-a always,exit -S openat -C uid!=obj_uid")
    #expect(try wants(Subject(uid: 4, names: [.init(ino: 7, uid: 3)]), ruleset))
    #expect(try !wants(Subject(uid: 3, names: [.init(ino: 7, uid: 3)]), ruleset))
    #expect(try wants(Subject(uid: 3, names: [.init(ino: 7, uid: 3), .init(ino: 8)]), ruleset))
  }

  @Test func namesThatAFilesystemRuleLeavesOutExcludeNothing() throws {
    let rules = "-a never,filesystem -F fstype=debugfs\n"
    let never = try compiled(
      rules + "-a never,exit -S openat -F obj_uid=0\n-a always,exit -S openat")
    #expect(try wants(Subject(names: [.init(ino: 7)]), never))
    let other = try compiled(rules + "-a always,exit -S openat -F filetype!=file")
    #expect(try wants(Subject(names: [.init(ino: 7)]), other))
  }

  @Test func theTaskListKeepsATaskOut() throws {
    func keepsOut(_ rules: String, _ subject: Subject) throws -> Bool {
      let reader = try TableReader(try compiled(rules))
      let answer = subject.with { reader.keepsOut($0, watches: nil) }
      #expect(answer.outside == 0)
      return answer.never
    }
    #expect(try keepsOut("-a never,task", Subject()))
    #expect(try !keepsOut("-a always,exit -S openat", Subject()))
    #expect(try keepsOut("-a never,task -F uid=5", Subject(uid: 5)))
    #expect(try !keepsOut("-a never,task -F uid=5", Subject(uid: 6)))
    #expect(try !keepsOut("-a always,task -F uid=5\n-a never,task", Subject(uid: 5)))
    #expect(try keepsOut("-a always,task -F uid=5\n-a never,task", Subject(uid: 6)))
    #expect(try keepsOut("-a never,task -F gid=5", Subject(groups: [5])))
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
