import AuditRules
import Foundation
import TestSupport
import Testing

@testable import Control
@testable import nestaudit

struct ExplainTests {
  private static let stamp = "msg=audit(1700000000.007:5):"
  private static let ids =
    "ppid=1 pid=13 auid=4294967295 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 "
    + "tty=(none) ses=4294967295 comm=\"sh\" exe=\"/bin/sh\""

  private func syscall(_ number: Int, a0: String = "ffffff9c", items: Int = 0) -> String {
    "type=SYSCALL \(Self.stamp) arch=c000003e syscall=\(number) success=yes exit=3 a0=\(a0) a1=0 "
      + "a2=0 a3=0 items=\(items) \(Self.ids) key=\"k\""
  }

  private func path(_ name: String, item: Int = 0, type: String = "NORMAL") -> String {
    "type=PATH \(Self.stamp) item=\(item) name=\(name) inode=5 dev=fe:1a mode=0100644 ouid=7 "
      + "ogid=8 rdev=00:00 nametype=\(type)"
  }

  private func recorded(_ lines: String..., isOwn: Bool = true) throws -> RecordedEvent {
    try RecordedEvent(event(lines.joined(separator: "\n") + "\n"), isOwn: isOwn)
  }

  private func report(_ lines: [String], rules text: String) throws -> ExplainReport {
    let rules = try RuleFile.parse(text, file: "test").rules
    let reply = RulesReply(
      daemon: "web", rules: [], listing: [], unsetAUIDMatches: false, isAUIDUnset: nil,
      knowsNamedFiles: false,
      rootProcess: nil, forms: rules.map(RulesReply.Form.init), roots: [])
    return try ExplainReport(
      event(lines.joined(separator: "\n") + "\n"), daemon: "web", rules: reply, isOwn: true,
      files: .unknown)
  }

  @Test func namesAreAbsoluteAsTheRulesSeeThem() throws {
    let cwd = "type=CWD \(Self.stamp) cwd=\"/srv/x\""
    let event = try recorded(syscall(257, items: 3), cwd, path("\"../y\""), path("\"z\"", item: 2))
    #expect(
      event.names.map { $0?.text } == [
        .path(Array("/srv/y".utf8)), nil, .path(Array("/srv/x/z".utf8)),
      ])
    #expect(event.names[0]?.object?.dev == UInt32(0xfe << 20 | 0x1a))
    #expect(event.names[0]?.object?.mode == 0o100644)
    #expect(event.names[0]?.object?.uid == 7)
    let unknown = try recorded(syscall(257, items: 1), cwd, path("\"y\"", type: "UNKNOWN"))
    #expect(unknown.names[0]?.text == RecordedName.Text.none)
    let descriptor = try recorded(
      syscall(257, a0: "4", items: 2), cwd, path("\"y\""), path("\"/y\"", item: 1))
    #expect(descriptor.names.map { $0?.text } == [.untold, .path(Array("/y".utf8))])
    let other = try recorded(syscall(257, items: 1), cwd, path("\"y\""), isOwn: false)
    #expect(other.names[0]?.text == RecordedName.Text.none)
    #expect(other.executable == nil)
    // stat(2) ends as openat(2) does, and has no descriptor.
    #expect(
      try recorded(syscall(6, a0: "7f", items: 1), cwd, path("y")).names[0]?.text
        == .path(Array("/srv/x/y".utf8)))
  }

  @Test func namesAreComparedByTheirBytes() {
    func absolute(_ path: String) -> [UInt8] {
      RecordedName.absolute(Array(path.utf8), base: Array("/b".utf8))
    }
    #expect(absolute("x/../../y//./z/") == Array("/y/z".utf8))
    #expect(absolute("../../..") == Array("/".utf8))
    // A combining mark behind a slash does not hide the slash.
    #expect(absolute("/a/\u{301}x/..") == Array("/a".utf8))
  }

  @Test func recordsTellTheirFields() throws {
    let event = try recorded(
      "type=CONTAINER_ID \(Self.stamp) record=1 contid=4,^2", syscall(42),
      "type=SOCKADDR \(Self.stamp) saddr=0A000035")
    #expect(event.contids == [4, 2])
    #expect(event.addressFamily == 10)
    #expect(event.numbers["auid"] == .max && event.numbers["sessionid"] == .max)
    #expect(event.numbers["pers"] == 0)
    #expect(event.key == .some(Array("k".utf8)))
  }

  @Test func enrichmentIsNoPartOfTheRecord() throws {
    let plain = syscall(257).replacing("key=\"k\"", with: "key=(null)")
    let report = try report(
      [plain + "\u{1d}ARCH=x86_64 SYSCALL=openat AUID=\"unset\""],
      rules: "-a always,exit -S openat")
    #expect(
      report.lines(isColored: false) == [
        "event 5 of web: sh[13] openat = 3", "test:1  -a always,exit -S openat", "    matched",
        "=> test:1 decides: always, no key",
      ])
  }

  @Test func everyRuleIsSaidInOrderAndThenWhichDecided() throws {
    let lines = try report(
      [syscall(257)],
      rules: """
        -a always,exit -F arch=b64 -S openat -F auid=1000 -k user
        -a always,exit -F arch=b64 -S openat -k k
        -a always,exit -F arch=b64 -S openat -F uid=0
        -a always,exit -F arch=b64 -S kill
        -a never,task -F uid=9
        -a always,exclude -F msgtype=CWD
        """
    ).lines(isColored: false)
    #expect(
      lines == [
        "event 5 of web: sh[13] openat = 3 key=k",
        "test:1  -a always,exit -F arch=b64 -S openat -F auid=1000 -F key=user",
        "    failed: auid=1000: auid is unset (4294967295)",
        "test:2  -a always,exit -F arch=b64 -S openat -F key=k", "    matched",
        "test:3  -a always,exit -F arch=b64 -S openat -F uid=0",
        "    its conditions are met too, but another rule comes first",
        "1 rule of list exit does not name openat of this arch, or not with such permissions",
        "list task: 1 rule, not told by a record", "list exclude: 1 rule, not told by a record",
        "=> test:2 decides: always, key=k",
      ])
  }

  @Test func whatIsNotToldIsNoCertainty() throws {
    let report = try report(
      [syscall(257)],
      rules: """
        -a always,exit -F arch=b64 -S openat -F gid=5 -k g
        -a always,exit -F arch=b64 -S openat -k k
        """)
    let lines = report.lines(isColored: false)
    #expect(lines[2] == "    not told by the record: gid=5: gid is 0, supplementary groups")
    #expect(lines[5] == "=> not certain by what the record tells: test:1 or test:2 decided")
    #expect(
      lines[6] == "=> key=k in the records fits test:2 alone, if the rules are the same as then")
    #expect(report.json.deciders == ["test:1", "test:2"])
  }

  @Test func rulesThatHaveChangedAreSaid() throws {
    let none = try report([syscall(257)], rules: "-a always,exit -S openat -F uid=9")
    #expect(none.lines(isColored: false).last?.contains("no rule of list exit matches") == true)
    let other = try report([syscall(257)], rules: "-a always,exit -S openat -k new")
    #expect(
      other.lines(isColored: false).last
        == "=> test:1 decides: always, key=new; the records bear key=k: rules or files were others "
        + "then")
  }

  @Test func coloursAreForTerminals() throws {
    let report = try report([syscall(257)], rules: "-a always,exit -S openat")
    #expect(report.lines(isColored: true).contains { $0.contains("\u{1b}[32mmatched") })
    #expect(!report.lines(isColored: false).contains { $0.contains("\u{1b}") })
  }

  @Test(arguments: [
    ("", "has no records"), ("nonsense\n", "standard input:1: no audit record"),
    (sampleEvent(1) + sampleEvent(2), "2 events"),
  ])
  func standardInputMustBeOneEvent(text: String, complaint: String) {
    #expect(complaintOf { _ = try ExplainInput.event(in: Array(text.utf8)) }.contains(complaint))
  }

  @Test func whatToolsPutAroundRecordsIsSkipped() throws {
    let text = "----\ntime->Tue\nnode=a \(syscall(257))\n\n"
    #expect(try ExplainInput.event(in: Array(text.utf8)).stamp.serial == 5)
  }

  @Test func onlySyscallsCanBeExplained() throws {
    let start = "type=DAEMON_START \(Self.stamp) op=start"
    #expect(complaintOf { _ = try recorded(start) }.contains("no syscall (DAEMON_START)"))
    let cut = "type=SYSCALL \(Self.stamp) arch=c000003e syscall=1"
    #expect(complaintOf { _ = try recorded(cut) }.contains("no usable items="))
  }

  @Test func theNewestEventWithTheSerialIsFoundInRotatedFilesToo() throws {
    let area = try Area()
    try area.write(sampleEvent(1) + sampleEvent(2), to: "log.1")
    try area.write(sampleEvent(3) + sampleEvent(4, second: 1_700_000_001), to: "log")
    let log = area.path + "/log"
    #expect(try ExplainInput.event(1, log: log).records.count == 2)
    #expect(try ExplainInput.event(4, log: log).stamp.seconds == 1_700_000_001)
    #expect(
      complaintOf { _ = try ExplainInput.event(9, log: log) }
        == "\(log): no event has serial 9; there are 1 to 4")
    #expect(
      complaintOf { _ = try ExplainInput.event(9, log: log + "x") }.contains("no log yet"))
  }

  @Test func placesAreToldByTheChain() {
    let two = [RulesReply.Root(contid: 4, process: 40), .init(contid: 6, process: 60)]
    #expect(ExplainPlace(contids: [6], roots: two).root?.process == 60)
    #expect(ExplainPlace(contids: [6], roots: two).isOwn)
    #expect(ExplainPlace(contids: [9, 6], roots: two).root?.process == nil)
    #expect(!ExplainPlace(contids: [9], roots: [two[0]]).isOwn)
    #expect(ExplainPlace(contids: [9], roots: [two[0]]).root?.process == 40)
    #expect(!ExplainPlace(contids: [9], roots: [.init(contid: 0, process: 1)]).isOwn)
    #expect(ExplainPlace(contids: [], roots: [.init(contid: 0, process: 1)]).isOwn)
  }

  private func complaintOf(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing"
    } catch {
      return "\(error)"
    }
  }
}
