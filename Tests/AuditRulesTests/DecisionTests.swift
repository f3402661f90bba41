import Testing

@testable import AuditRules

struct DecisionTests {
  @Test func theFirstRuleThatMatchesDecides() throws {
    let ruleset = try compiled(
      """
      -a never,exit -S openat -F uid=5
      -a always,exit -S openat -k opens
      """)
    #expect(Subject(uid: 5).verdict(of: ruleset) == .never)
    #expect(Subject(uid: 6).verdict(of: ruleset) == .always(rule: 1))
    #expect(Subject(syscall: 59).verdict(of: ruleset) == .noMatch)
    #expect(ruleset.key(of: 1).map { Array($0) } == Array("opens".utf8))
    #expect(ruleset.key(of: 0) == nil)
  }

  @Test func theArchTellsEqualNumbersApart() throws {
    let ruleset = try compiled("-a always,exit -F arch=b32 -S execve")
    #expect(Subject(arch: AuditArch.i386, syscall: 11).verdict(of: ruleset) == .always(rule: 0))
    #expect(Subject(arch: AuditArch.x86_64, syscall: 11).verdict(of: ruleset) == .noMatch)
    #expect(Subject(arch: AuditArch.x86_64, syscall: 59).verdict(of: ruleset) == .noMatch)
  }

  @Test(arguments: [
    ("uid<100", UInt32(99), true), ("uid<100", 100, false), ("uid<=100", 100, true),
    ("uid>100", 101, true), ("uid>100", 100, false), ("uid>=100", 100, true),
    ("uid!=100", 100, false), ("uid!=100", 1, true), ("uid=100", 100, true),
    // Unset is the largest number, not -1.
    ("uid>=1000", .max, true), ("uid=unset", .max, true), ("uid=-1", .max, true),
  ])
  func numbersAreComparedUnsigned(condition: String, uid: UInt32, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(uid: uid).verdict(of: ruleset) == .always(rule: 0)) == met)
  }

  @Test(arguments: [
    ("a0&6", UInt64(4), true), ("a0&6", 8, false), ("a0&=6", 4, false), ("a0&=6", 7, true),
    // Only the low 32 bits count.
    ("a0=1", 0x1_0000_0001, true),
  ])
  func argumentsAreComparedByTheirLowHalf(condition: String, value: UInt64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(args: (value, 0, 0, 0)).verdict(of: ruleset) == .always(rule: 0)) == met)
  }

  @Test(arguments: [
    ("success=1", Int64(3), true), ("success=1", -13, false), ("success=0", -13, true),
    ("success=1", -4096, true), ("exit=-EACCES", -13, true), ("exit=-EACCES", -2, false),
    ("exit=3", 3, true),
  ])
  func theResultIsTold(condition: String, result: Int64, met: Bool) throws {
    let ruleset = try compiled("-a always,exit -S openat -F \(condition)")
    #expect((Subject(result: result).verdict(of: ruleset) == .always(rule: 0)) == met)
  }

  @Test func whatNeverReturnsHasNeitherSuccessNorFailure() throws {
    for condition in ["success=1", "success=0", "exit=0"] {
      let ruleset = try compiled("-a always,exit -S exit_group -F \(condition)")
      #expect(Subject(syscall: 231, hasResult: false).verdict(of: ruleset) == .noMatch)
    }
  }

  @Test func groupsAreAskedToo() throws {
    let equal = try compiled("-a always,exit -S openat -F gid=27")
    #expect(Subject(gid: 1, groups: [4, 27]).verdict(of: equal) == .always(rule: 0))
    #expect(Subject(gid: 27).verdict(of: equal) == .always(rule: 0))
    #expect(Subject(gid: 1, groups: [4]).verdict(of: equal) == .noMatch)
    let other = try compiled("-a always,exit -S openat -F gid!=27")
    #expect(Subject(gid: 1, groups: [4, 27]).verdict(of: other) == .noMatch)
    #expect(Subject(gid: 1, groups: [4]).verdict(of: other) == .always(rule: 0))
  }

  @Test func anOpenIsJudgedByItsAccessMode() throws {
    let ruleset = try compiled("-w /etc/passwd -p wa")
    let path = [(name: "/etc/passwd", ino: UInt64(0))]
    #expect(Subject(args: (0, 0, 0, 0), paths: path).verdict(of: ruleset) == .noMatch)
    #expect(Subject(args: (0, 0, 1, 0), paths: path).verdict(of: ruleset) == .always(rule: 0))
    #expect(Subject(args: (0, 0, 2, 0), paths: path).verdict(of: ruleset) == .always(rule: 0))
    // chmod changes an attribute, readlink neither that nor the content.
    #expect(Subject(syscall: 90, paths: path).verdict(of: ruleset) == .always(rule: 0))
    #expect(Subject(syscall: 89, paths: path).verdict(of: ruleset) == .noMatch)
  }

  @Test(arguments: [
    ("/etc/ssh", true), ("/etc/ssh/sshd_config", true), ("/etc/ssh/a/b", true),
    ("/etc/sshd", false), ("/etc", false), ("/srv/etc/ssh", false),
  ])
  func aWatchMeansWholeNames(path: String, met: Bool) throws {
    let ruleset = try compiled("-w /etc/ssh -p r")
    #expect((Subject(paths: [(path, 0)]).verdict(of: ruleset) == .always(rule: 0)) == met)
  }

  @Test func anotherNameOfAWatchedFileIsFoundByTheFile() throws {
    let ruleset = try compiled("-w /etc/passwd -p r")
    let subject = Subject(paths: [("/tmp/link", 77)])
    #expect(subject.verdict(of: ruleset, watches: [77]) == .always(rule: 0))
    #expect(subject.verdict(of: ruleset, watches: [78]) == .noMatch)
    // A watched path that is not there has no file that could be equal.
    #expect(Subject(paths: [("/tmp/x", 0)]).verdict(of: ruleset, watches: [0]) == .noMatch)
  }

  @Test func numbersBeyondTheTablesMatchNothing() throws {
    let ruleset = try compiled("-a always,exit -S all")
    for number in [Int32.min, -1, 512, Int32.max] {
      #expect(Subject(syscall: number).verdict(of: ruleset) == .noMatch)
    }
  }
}
