import Foundation
import Testing

@testable import nestaudit

/// Logs in auditd's format ENRICHED, by every way to print them.
struct TailEnrichedTests {
  private static let stamp = "msg=audit(1700000000.007:5):"
  private static let log = """
    type=SYSCALL \(stamp) arch=c000003e syscall=42 success=yes exit=0 ppid=1 pid=13 auid=1000 \
    uid=33 gid=33 comm="sh" exe="/bin/sh" key=(null)\u{1d}ARCH=x86_64 SYSCALL=connect \
    AUID="alice" UID=7765622073697465 GID="unknown(33)"
    type=SOCKADDR \(stamp) saddr=020001BB7F0000010000000000000000\u{1d}SADDR={ saddr_fam=inet \
    laddr=127.0.0.1 lport=443 }
    type=PROCTITLE \(stamp) proctitle="sh"\u{1d}

    """

  @Test func theRecordsFieldsEndWhereTheNamesBegin() throws {
    let event = try event(Self.log)
    #expect(event.keys == [])
    #expect(event.record("SYSCALL")?.plain("key") == "(null)")
    #expect(event.record("SYSCALL")?.field("AUID") == nil)
    #expect(event.record("SYSCALL")?.text.hasSuffix(" key=(null)") == true)
    #expect(event.record("SOCKADDR")?.plain("saddr") == "020001BB7F0000010000000000000000")
    #expect(event.record("PROCTITLE")?.fields.count == 1)
    #expect(TailSummary(event).line == "sh[13] connect = 0 127.0.0.1:443")
  }

  @Test func aKeyAtTheEndIsAKey() throws {
    let keyed = Self.log.replacing("key=(null)", with: "key=\"k\"")
    #expect(TailSummary(try event(keyed)).line == "sh[13] connect = 0 127.0.0.1:443 key=k")
  }

  @Test func jsonHasTheNamesToo() throws {
    let text = EventJSON.text(of: try event(Self.log), daemon: "web")
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    let records = try #require(object["records"] as? [[String: Any]])
    #expect(records[0]["uid"] as? String == "33" && records[0]["UID"] as? String == "web site")
    #expect(records[0]["AUID"] as? String == "alice")
    #expect(records[0]["ARCH"] as? String == "x86_64")
    #expect(records[0]["SYSCALL"] as? String == "connect")
    #expect(records[1]["SADDR"] as? String == "{ saddr_fam=inet laddr=127.0.0.1 lport=443 }")
    #expect(records[2].count == 2)
  }

  @Test func theNamesOfTheLogAreThoseThatAreShown() throws {
    let lines = try AuparseInterpreter().lines(of: event(Self.log))
    let call = try #require(lines.first { $0.hasPrefix("type=SYSCALL ") })
    #expect(call.contains(" auid=alice uid=web site gid=unknown(33) "))
    let address = try #require(lines.first { $0.hasPrefix("type=SOCKADDR ") })
    #expect(address.contains("saddr={ saddr_fam=inet laddr=127.0.0.1 lport=443 }"))
  }

  @Test(arguments: [
    "\u{1d}", "type=X\u{1d}Y \(stamp) a=b", "type=X \(stamp)\u{1d}",
    "type=X \(stamp)\u{1d}\u{1d}SADDR=",
  ])
  func aSeparatorAnywhereDoesNoHarm(line: String) {
    let record = TailRecord(line: Array(line.utf8))
    _ = record?.fields
    _ = record?.interpretations
    _ = record?.text
  }
}
