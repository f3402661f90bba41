import AuditRecords
import Foundation
import TestSupport
import Testing

@testable import Collector

struct DaemonLogTests {
  private func text(_ line: String) -> TextBuffer {
    var text = TextBuffer()
    Array(line.utf8).withUnsafeBytes { text.append($0) }
    return text
  }

  @Test func whatIsSubmittedIsInTheFileWhenItIsClosed() throws {
    let area = try Area()
    let log = try DaemonLog(
      path: area.path + "/a/audit.log", configuration: .init(), writers: LogWriters())
    for number in 0..<1000 { _ = log.submit(text("line \(number)\n"), records: 1) }
    #expect(log.close() == 0)
    #expect(
      try area.read("a/audit.log") == (0..<1000).map { "line \($0)\n" }.joined())
    #expect(log.written == 1000)
    #expect(log.queuedRecords == 0)
  }

  @Test func aLogIsClosedByItsOwnThread() throws {
    let area = try Area()
    let log = try DaemonLog(
      path: area.path + "/a/audit.log", configuration: .init(), writers: LogWriters())
    _ = log.submit(text("last\n"), records: 1)
    log.closeLater()
    let deadline = ContinuousClock.now + .seconds(20)
    while !log.isClosed, ContinuousClock.now < deadline { usleep(1000) }
    #expect(log.isClosed)
    #expect(try area.read("a/audit.log") == "last\n")
    #expect(log.close() == 0)
  }

  @Test func twoLogsOfOneWriterAreKeptApart() throws {
    let area = try Area()
    let writers = LogWriters()
    let logs = try ["a", "b"].map {
      try DaemonLog(
        path: "\(area.path)/\($0)/audit.log", configuration: .init(), writers: writers)
    }
    for (log, line) in zip(logs, ["of a\n", "of b\n"]) { _ = log.submit(text(line), records: 1) }
    #expect(logs.map { $0.close() } == [0, 0])
    #expect(try area.read("a/audit.log") == "of a\n")
    #expect(try area.read("b/audit.log") == "of b\n")
  }

  @Test(.enabled(if: getuid() == 0, "needs root: a full disk is mounted"))
  func aFullDiskHoldsNobodyUpAndIsCounted() throws {
    let area = try Area()
    try area.write("", to: "full/x")
    let directory = area.path + "/full"
    try #require(mount("none", directory, "tmpfs", 0, "size=64k") == 0)
    defer { umount2(directory, Int32(MNT_DETACH)) }
    let log = try DaemonLog(
      path: directory + "/audit.log", configuration: .init(), writers: LogWriters())
    let line = String(repeating: "x", count: 999) + "\n"
    let began = ContinuousClock.now
    for _ in 0..<1000 { _ = log.submit(text(line), records: 1) }
    #expect(ContinuousClock.now - began < .seconds(2))
    log.closeLater()
    #expect(ContinuousClock.now - began < .seconds(2))
    #expect(!log.isClosed)
    let left = log.close(seconds: 1)
    #expect(left > 900)
    #expect(UInt64(left) + log.written == 1000)
    #expect(log.failure?.contains("No space left on device") == true)
  }
}
