import Control
import Testing

@testable import nestaudit

struct StatusTests {
  private static let report = DaemonReport(
    daemon: "we\nb",
    settings: [
      .init(name: "enabled", value: 1),
      .init(name: "loginuid_immutable", value: 0, note: "unlocked"),
    ],
    books: EventBooks(
      captured: 10, written: 4, filtered: 2, waiting: 1, losses: ["ring_full": 3, "backlog": 0],
      parts: 7))

  @Test func linesAreThoseOfAuditctlAndTheBooks() {
    #expect(
      StatusText.lines(Self.report) == [
        "daemon we\\x0ab", "enabled 1", "loginuid_immutable 0 unlocked", "captured 10", "written 4",
        "filtered 2", "waiting 1", "lost_backlog 0", "lost_ring_full 3", "parts_lost 7",
      ])
  }

  @Test func programsGetNumbers() {
    let object = StatusObject(Self.report)
    #expect(object.settings == ["enabled": 1, "loginuid_immutable": 0])
    #expect(object.books.lost == 3)
  }
}
