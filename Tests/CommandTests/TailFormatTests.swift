import Foundation
import Testing

@testable import nestaudit

struct TailFormatTests {
  private static let stamp = "msg=audit(1700000000.007:5):"
  private static let caller = "ppid=1 pid=13 comm=\"sh\" exe=\"/bin/sh\" key=(null)"

  @Test func openShowsThePathAndTheKeys() throws {
    let event = try event(sampleEvent(1, key: "61016220"))
    #expect(event.keys == ["a", "b "])
    #expect(TailSummary(event).line == "cat[12] openat = 3 /etc/passwd key=a,b ")
  }

  @Test func failureShowsTheErrnosName() throws {
    let event = try event(
      "type=SYSCALL \(Self.stamp) arch=c000003e syscall=257 success=no exit=-13 \(Self.caller)\n")
    #expect(TailSummary(event).line == "sh[13] openat = EACCES")
  }

  @Test func commandIsPutTogetherFromItsPieces() throws {
    let event = try event(
      """
      type=SYSCALL \(Self.stamp) arch=c000003e syscall=59 success=yes exit=0 \(Self.caller)
      type=EXECVE \(Self.stamp) argc=3 a0="sh" a1_len=8 a1[0]="abcd" a1[1]=65666768 a2=6120620A

      """)
    #expect(TailSummary(event).line == "sh[13] execve = 0 sh abcdefgh 'a b\\x0a'")
  }

  @Test(arguments: [
    ("020001BB7F0000010000000000000000", "127.0.0.1:443"),
    ("0A0000350000000000000000000000000000000000000001" + "00000000", "[::1]:53"),
    ("01002F72756E2F7300", "unix:/run/s"), ("01000061", "unix:@a"),
    (
      "100000000700000000000000",
      "netlink:7"
    ),
    ("02", "02"), ("zz", "zz"), ("", ""),
  ])
  func addressesAreReadable(saddr: String, text: String) {
    #expect(socketAddress(saddr) == text)
  }

  @Test func removedAndCreatedNamesAreShownButNotTheirDirectories() throws {
    let event = try event(
      """
      type=SYSCALL \(Self.stamp) arch=c000003e syscall=82 success=yes exit=0 \(Self.caller)
      type=PATH \(Self.stamp) item=0 name="/tmp" nametype=PARENT
      type=PATH \(Self.stamp) item=1 name="a" nametype=DELETE
      type=PATH \(Self.stamp) item=2 name=622063 nametype=CREATE

      """)
    #expect(TailSummary(event).line == "sh[13] rename = 0 a 'b c'")
  }

  @Test func recordOfTheDaemonItselfIsShownWhole() throws {
    let event = try event("type=DAEMON_START \(Self.stamp) op=start res=success\n")
    #expect(TailSummary(event).line == "DAEMON_START op=start res=success")
  }

  @Test func nothingThatATerminalObeysGetsThrough() {
    #expect(escaped("a\u{1b}[31m\n\u{9b}\u{202e}é") == "a\\x1b[31m\\x0a\\u{9b}\\u{202e}é")
  }

  @Test func jsonIsOneObjectWithDecodedFields() throws {
    let event = try event(
      """
      type=SYSCALL \(Self.stamp) arch=c000003e syscall=59 success=yes exit=0 pid=9 comm=6122620A \
      key="x"
      type=PROCTITLE \(Self.stamp) proctitle=6100FF

      """)
    let text = EventJSON.text(of: event, daemon: "we\"b")
    #expect(!text.contains("\n"))
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["daemon"] as? String == "we\"b")
    #expect(object["time"] as? String == "2023-11-14T22:13:20.007Z")
    #expect(object["serial"] as? Int == 5)
    #expect(object["syscall"] as? String == "execve")
    #expect(object["comm"] as? String == "a\"b\n")
    #expect(object["keys"] as? [String] == ["x"])
    let records = try #require(object["records"] as? [[String: Any]])
    #expect(records[1]["proctitle"] as? String == "a\0\u{fffd}")
  }

  @Test func interpretationIsThatOfAuparse() throws {
    let lines = try AuparseInterpreter().lines(of: event(sampleEvent(4, key: "\"k\"")))
    #expect(lines.count == 3)
    #expect(lines[0] == "----")
    #expect(lines[1].hasPrefix("type=PATH "))
    #expect(lines[2].contains(" : arch=x86_64 syscall=openat success=yes exit=3 a0=AT_FDCWD "))
  }

  @Test(arguments: [
    "", "type=", "type=X msg=audit(1.2:3", "msg=audit(1.2:3): a=b", "type=X msg=audit(a.2:3): a",
    "type=X msg=audit(99999999999999999999.1:1): a=b",
  ])
  func linesThatAreNoRecordsAreNone(line: String) {
    #expect(TailRecord(line: Array(line.utf8)) == nil)
  }

  @Test func brokenFieldsDoNoHarm() throws {
    let record = try #require(
      TailRecord(line: Array("type=X \(Self.stamp) a=\"b c= =d e f='g h' i=".utf8)))
    #expect(record.plain("a") == "b c= =d e f='g h' i=")
  }

  @Test func labelsAreAlignedAndOnlyForSeveral() {
    let labels = TailLabels(names: ["host", "a"], isColored: false)
    #expect(labels.prefix(for: "a") == "a    | ")
    #expect(TailLabels(names: ["host"], isColored: true).prefix(for: "host") == "")
  }

  @Test func coloursAreStableAndDifferent() {
    let one = TailLabels(names: ["host", "web", "db"], isColored: true)
    let two = TailLabels(names: ["host", "web", "db"], isColored: true)
    let all = ["host", "web", "db"].map { one.prefix(for: $0).prefix(5) }
    #expect(Set(all).count == 3)
    #expect(one.prefix(for: "db") == two.prefix(for: "db"))
  }
}
