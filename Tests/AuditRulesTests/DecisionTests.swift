import Testing

@testable import AuditRules

struct DecisionTests {
  /// A container's processes had ended before anybody could look in its root.
  @Test func whereNobodyCouldLookTheNameTells() throws {
    let ruleset = try compiled("-w /etc/secret -p r\n-a always,exit -S openat -F dir=/srv")
    var lost = WatchObject()
    lost.isLost = true
    func verdict(_ text: String, _ object: WatchObject) -> RuleVerdict {
      [object, object].withUnsafeBufferPointer { watches in
        Subject(names: [.init(text: text, ino: 7)]).with {
          ruleset.decide($0, watches: watches.baseAddress)
        }
      }
    }
    #expect(verdict("/etc/secret", lost) == .matched(0))
    #expect(verdict("/srv/a", lost) == .matched(1))
    #expect(verdict("/etc/other", lost) == .noMatch)
    #expect(verdict("/etc/secret", WatchObject()) == .noMatch)
  }

  @Test func theFirstRuleThatMatchesDecides() throws {
    let ruleset = try compiled(
      """
      -a never,exit -S openat -F uid=5
      -a always,exit -S openat -k opens
      """)
    #expect(Subject(uid: 5).verdict(of: ruleset) == .never)
    #expect(Subject(uid: 6).verdict(of: ruleset) == .always(rule: 1, key: 1))
    #expect(Subject(syscall: 59).verdict(of: ruleset) == .noMatch)
    #expect(ruleset.key(of: 1).map { Array($0) } == Array("opens".utf8))
    #expect(ruleset.key(of: 0) == nil)
  }

  @Test func theArchTellsEqualNumbersApart() throws {
    let ruleset = try compiled("-a always,exit -F arch=b32 -S execve")
    #expect(Subject(arch: AuditArch.i386, syscall: 11).verdict(of: ruleset) == .matched(0))
    #expect(Subject(arch: AuditArch.x86_64, syscall: 11).verdict(of: ruleset) == .noMatch)
    #expect(Subject(arch: AuditArch.x86_64, syscall: 59).verdict(of: ruleset) == .noMatch)
  }

  @Test(arguments: [
    ("uid<100", UInt32(99), true), ("uid<100", 100, false), ("uid<=100", 100, true),
    ("uid>100", 101, true), ("uid>100", 100, false), ("uid>=100", 100, true),
    ("uid!=100", 100, false), ("uid!=100", 1, true), ("uid=100", 100, true),
    // Unset is the largest number, not -1.
    ("uid>=1000", .max, true),
  ])
  func numbersAreComparedUnsigned(condition: String, uid: UInt32, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(uid: uid).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test(arguments: [
    ("a0&6", UInt64(4), true), ("a0&6", 8, false), ("a0&=6", 4, false), ("a0&=6", 7, true),
    // Only the low 32 bits count.
    ("a0=1", 0x1_0000_0001, true),
  ])
  func argumentsAreComparedByTheirLowHalf(condition: String, value: UInt64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(args: (value, 0, 0, 0)).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test(arguments: [
    ("success=1", Int64(3), true), ("success=1", -13, false), ("success=0", -13, true),
    ("success=1", -4096, true), ("exit=-EACCES", -13, true), ("exit=-EACCES", -2, false),
    ("exit=3", 3, true),
  ])
  func theResultIsTold(condition: String, result: Int64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(result: result).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test func whatNeverReturnsHasNeitherSuccessNorFailure() throws {
    for condition in ["success=1", "success=0", "exit=0"] {
      let ruleset = try compiled("-a always,exit -S exit_group -F \(condition)")
      #expect(Subject(syscall: 231, hasResult: false).verdict(of: ruleset) == .noMatch)
    }
  }

  @Test func groupsAreAskedToo() throws {
    let equal = try compiled("-a always,exit -S openat -F gid=27")
    #expect(Subject(gid: 1, groups: [4, 27]).verdict(of: equal) == .matched(0))
    #expect(Subject(gid: 27).verdict(of: equal) == .matched(0))
    #expect(Subject(gid: 1, groups: [4]).verdict(of: equal) == .noMatch)
    let other = try compiled("-a always,exit -S openat -F gid!=27")
    #expect(Subject(gid: 1, groups: [4, 27]).verdict(of: other) == .noMatch)
    #expect(Subject(gid: 1, groups: [4]).verdict(of: other) == .matched(0))
  }

  @Test func anOpenIsJudgedByItsAccessMode() throws {
    let ruleset = try compiled("-w /etc/passwd -p wa")
    let path = [Subject.Name(text: "/etc/passwd")]
    #expect(Subject(args: (0, 0, 0, 0), names: path).verdict(of: ruleset) == .noMatch)
    #expect(Subject(args: (0, 0, 1, 0), names: path).verdict(of: ruleset) == .matched(0))
    #expect(Subject(args: (0, 0, 2, 0), names: path).verdict(of: ruleset) == .matched(0))
    // chmod changes an attribute, readlink neither that nor the content.
    #expect(Subject(syscall: 90, names: path).verdict(of: ruleset) == .matched(0))
    #expect(Subject(syscall: 89, names: path).verdict(of: ruleset) == .noMatch)
  }

  @Test(arguments: [
    ("/etc/ssh", true), ("/etc/ssh/sshd_config", true), ("/etc/ssh/a/b", true),
    ("/etc/sshd", false), ("/etc", false), ("/srv/etc/ssh", false),
  ])
  func aDirectoryMeansWholeNames(path: String, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -F dir=/etc/ssh -F perm=r")
    #expect((Subject(names: [.init(text: path)]).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test func anotherNameOfAWatchedFileIsFoundByTheFile() throws {
    let ruleset = try compiled("-w /etc/passwd -p r")
    let subject = Subject(names: [.init(text: "/tmp/link", ino: 77)])
    #expect(subject.verdict(of: ruleset, watches: [77]) == .matched(0))
    #expect(subject.verdict(of: ruleset, watches: [78]) == .noMatch)
    // A watched path that is not there has no file that could be equal.
    let unknown = Subject(names: [.init(text: "/tmp/x")])
    #expect(unknown.verdict(of: ruleset, watches: [0]) == .noMatch)
  }

  @Test func aNameCountsBesideAnObjectThatMayHaveBeenReplaced() throws {
    let rules = try compiled("-w /etc/passwd -p r\n-a always,exit -S openat -F dir=/srv")
    func verdict(_ text: String, isDoubtful: Bool) -> RuleVerdict {
      Subject(names: [.init(text: text, ino: 9, isDoubtful: isDoubtful)])
        .verdict(of: rules, watches: [77, 5])
    }
    #expect(verdict("/etc/passwd", isDoubtful: true) == .matched(0))
    #expect(verdict("/etc/passwd", isDoubtful: false) == .noMatch)
    #expect(verdict("/srv/a/b", isDoubtful: true) == .matched(1))
    #expect(verdict("/srv/a/b", isDoubtful: false) == .noMatch)
  }

  @Test func aWatchOnADirectoryMeansWhatIsBelow() throws {
    let ruleset = try compiled("-w /etc/ssh -p r")
    let subject = Subject(names: [.init(text: "/x", ino: 9, above: [8, 7, 2])])
    #expect(subject.verdict(of: ruleset, watches: [7], directories: [7]) == .matched(0))
    #expect(subject.verdict(of: ruleset, watches: [7]) == .noMatch)
    #expect(subject.verdict(of: ruleset, watches: [6], directories: [6]) == .noMatch)
    #expect(subject.verdict(of: ruleset, watches: [9], directories: [9]) == .matched(0))
  }

  @Test func aRuleThatIsFoundByAFileOverridesOnlyWhatStandsBehindIt() throws {
    let subject = Subject(names: [.init(ino: 5)])
    let first = try compiled(
      "-a never,exit -S openat -F path=/a\n-a always,exit -S openat -k list")
    #expect(subject.verdict(of: first, watches: [5]) == .never)
    #expect(subject.verdict(of: first, watches: [6]) == .always(rule: 1, key: 1))
    let last = try compiled(
      "-a always,exit -S openat -k list\n-a never,exit -S openat -F path=/a")
    #expect(subject.verdict(of: last, watches: [5]) == .always(rule: 0, key: 0))
    // The key of the rule that is overridden stays where the other has none.
    let keyless = try compiled(
      "-a always,exit -S openat -F path=/a\n-a always,exit -S openat -k list")
    #expect(subject.verdict(of: keyless, watches: [5]) == .always(rule: 0, key: 1))
  }

  @Test func theFirstNameDecidesAmongRulesThatAreFoundByFiles() throws {
    let ruleset = try compiled(
      "-a never,exit -S openat -F path=/b\n-a always,exit -S openat -F path=/a")
    let subject = Subject(names: [.init(ino: 1), .init(ino: 2)])
    #expect(subject.verdict(of: ruleset, watches: [2, 1]) == .matched(1))
    #expect(subject.verdict(of: ruleset, watches: [1, 2]) == .never)
  }

  @Test(arguments: [
    ("success=1", Int64(0), true), ("success=0", 0, false), ("success=0", -2, true),
    // Any value but 0 is success, and success is 1, failure 2.
    ("success=7", 0, true), ("success!=1", -2, true), ("success>1", -2, true),
    ("success<1", 0, false), ("success<0", 0, true), ("success<=0", -2, true),
  ])
  func successIsComparedAsTheKernelNumbersIt(condition: String, result: Int64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(result: result).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test func anUnsetAuidMatchesOnlyWhereTheScopeSaysSo() throws {
    let text = "-a always,exit -S openat -F auid>=1000 -F auid!=unset -C auid!=uid"
    let rules = try RuleFile.parse(text, file: "test")
    let kernel = CompiledRuleset(rules)
    let lenient = CompiledRuleset(rules, options: .init(unsetAUIDMatches: true))
    #expect(Subject().verdict(of: kernel) == .noMatch)
    #expect(Subject().verdict(of: lenient) == .matched(0))
    for ruleset in [kernel, lenient] {
      #expect(Subject(auid: 500).verdict(of: ruleset) == .noMatch)
      #expect(Subject(auid: 1000).verdict(of: ruleset) == .matched(0))
    }
  }

  @Test(arguments: [
    ("uid=euid", UInt32(5), true), ("uid=euid", 6, false), ("euid!=uid", 6, true),
  ])
  func fieldsAreComparedWithEachOther(pair: String, euid: UInt32, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -C \(pair)")
    #expect((Subject(uid: 5, euid: euid).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test func anyObjectMayMeetAConditionOnObjects() throws {
    let names = [Subject.Name(ino: 4, uid: 3), .init(ino: 0x1_0000_0007, uid: 9, mode: 0o40755)]
    for (condition, met) in [
      ("obj_uid=9", true), ("obj_uid=8", false), ("inode=7", true), ("inode=8", false),
      ("inode!=7", true), ("filetype=dir", true), ("filetype=socket", false),
      ("devminor=1", true), ("devminor=2", false), ("devmajor>=1", false),
    ] {
      let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
      let verdict = Subject(names: names).verdict(of: ruleset)
      #expect((verdict == .matched(0)) == met, "\(condition)")
    }
    let owner = try compiled("-a always,exit -S openat -C uid=obj_uid")
    #expect(Subject(uid: 9, names: names).verdict(of: owner) == .matched(0))
    #expect(Subject(uid: 1, names: names).verdict(of: owner) == .noMatch)
  }

  @Test(arguments: [
    ("contid=4", true), ("contid=2", true), ("contid=3", false), ("contid!=4", false),
    ("contid!=3", true), ("contid<3", true), ("contid>4", false), ("contid>=4", true),
    ("contid<=1", false), ("contid&4", true), ("contid&8", false), ("contid&=6", false),
  ])
  func aContidMatchesTheContainerOrOneAroundIt(condition: String, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(contids: [4, 2]).verdict(of: ruleset) == .matched(0)) == met)
  }

  @Test func aTaskOfTheViewItselfHasNoContid() throws {
    let unset = try compiled("-a always,exit -S openat -F contid=unset")
    #expect(Subject().verdict(of: unset) == .matched(0))
    #expect(Subject(contids: [4]).verdict(of: unset) == .noMatch)
    let set = try compiled("-a always,exit -S openat -F contid!=unset")
    #expect(Subject().verdict(of: set) == .noMatch)
    #expect(Subject(contids: [4]).verdict(of: set) == .matched(0))
  }

  @Test func whatElseAnEventHasCanBeAsked() throws {
    let family = try compiled("-a always,exit -S connect -F saddr_fam=10")
    #expect(Subject(syscall: 42, addressFamily: 10).verdict(of: family) == .matched(0))
    #expect(Subject(syscall: 42, addressFamily: 2).verdict(of: family) == .noMatch)
    #expect(Subject(syscall: 42).verdict(of: family) == .noMatch)
    let program = try compiled("-a always,exit -S openat -F exe!=/bin/x")
    #expect(Subject(executable: 6).verdict(of: program, watches: [5]) == .matched(0))
    #expect(Subject(executable: 5).verdict(of: program, watches: [5]) == .noMatch)
    // Without an LSM that has labels neither = nor != matches.
    let label = try compiled("-a always,exit -S openat -F subj_type!=x")
    #expect(Subject().verdict(of: label) == .noMatch)
  }

  @Test func recordsAreLeftOutByTheirTypeAndByWhoMadeThem() throws {
    let ruleset = try compiled(
      "-a always,exclude -F msgtype=CWD\n-a never,exclude -F msgtype>=1320 -F uid=5")
    func leavesOut(_ type: UInt32, _ uid: UInt32) -> Bool {
      Subject(uid: uid).with { ruleset.leavesOut(record: type, of: $0, watches: nil) }
    }
    #expect(leavesOut(1307, 0) && leavesOut(1327, 5))
    #expect(!leavesOut(1300, 5) && !leavesOut(1327, 0))
  }

  @Test func messagesAreLeftOutByTheFirstRuleThatIsMet() throws {
    func leavesOut(
      _ rules: String, _ type: UInt32 = 1005, _ subject: Subject = Subject(uid: 5, gid: 7)
    ) throws -> Bool {
      let ruleset = try compiled(rules)
      return subject.with { ruleset.leavesOut(message: type, of: $0, watches: nil) }
    }
    #expect(try !leavesOut(""))
    #expect(try leavesOut("-a never,user -F uid=5") && !leavesOut("-a never,user -F uid=6"))
    #expect(try leavesOut("-a never,user -F msgtype=USER"))
    #expect(try !leavesOut("-a never,user -F msgtype=USER", 1100))
    #expect(try leavesOut("-a never,user -F msgtype>=2100 -F uid=5", 2100))
    #expect(try !leavesOut("-a always,user -F uid=5\n-a never,user -F gid=7"))
    #expect(try leavesOut("-a always,user -F uid=6\n-a never,user -F gid=7"))
    #expect(try leavesOut("-a never,user -F uid=5\n-a always,user -F gid=7"))
    // The own group alone.
    #expect(try !leavesOut("-a never,user -F gid=8", 1005, Subject(gid: 7, groups: [8])))
    // Without a condition nothing is met.
    #expect(try !leavesOut("-a never,user"))
    #expect(try leavesOut("-a never,user\n-a never,user -F uid=5"))
    // What the kernel does not ask here ends the search, unless something before it is not met.
    #expect(try !leavesOut("-a never,user -F euid=5\n-a never,user -F uid=5"))
    #expect(try !leavesOut("-a never,user -F uid=5 -F euid=5\n-a never,user -F uid=5"))
    #expect(try leavesOut("-a never,user -F uid=6 -F euid=5\n-a never,user -F uid=5"))
    #expect(try leavesOut("-a never,user -F contid=4", 1005, Subject(contids: [4, 2])))
    #expect(try !leavesOut("-a never,user -F contid=4"))
    // Neither list speaks for the other.
    #expect(try !leavesOut("-a never,exclude -F uid=5"))
    let user = try compiled("-a never,user -F uid=5")
    #expect(Subject(uid: 5).with { !user.leavesOut(record: 1005, of: $0, watches: nil) })
  }

  @Test func theTaskListIsAskedInItsOrder() throws {
    let ruleset = try compiled("-a never,task -F uid=5\n-a always,task -F gid=7")
    func verdict(_ subject: Subject) -> ForkVerdict {
      subject.with { ruleset.decideFork($0, watches: nil) }
    }
    #expect(verdict(Subject(uid: 5, gid: 7)) == .never)
    #expect(verdict(Subject(gid: 7)) == .always(rule: 1))
    #expect(verdict(Subject()) == .none)
  }

  @Test func numbersBeyondTheTablesMatchNothing() throws {
    let ruleset = try compiled("-a always,exit -S all")
    for number in [Int32.min, -1, 512, Int32.max] {
      #expect(Subject(syscall: number).verdict(of: ruleset) == .noMatch)
    }
  }
}
