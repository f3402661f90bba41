import AuditRecords
import Foundation
import TestSupport
import Testing

@testable import Collector

struct DaemonLogTests {
  private func submit(_ line: String, to log: DaemonLog, toNewFile isFirst: Bool = false) {
    let batch = log.emptyBatch()
    Array(line.utf8).withUnsafeBytes { batch.text.append($0) }
    batch.records = 1
    batch.isFirst = isFirst
    log.queue(batch)
    log.write(batch)
  }

  /// Of one file system.
  private func logs(_ names: [String], in area: Area) throws -> [DaemonLog] {
    let writers = LogWriters()
    return try names.map {
      try DaemonLog(
        path: "\(area.path)/\($0)/audit.log", configuration: .init(), writers: writers)
    }
  }

  @Test func whatIsSubmittedIsInTheFileWhenItIsClosed() throws {
    let area = try Area()
    let log = try DaemonLog(
      path: area.path + "/a/audit.log", configuration: .init(), writers: LogWriters())
    for number in 0..<1000 { submit("line \(number)\n", to: log) }
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
    submit("last\n", to: log)
    log.closeLater()
    let deadline = ContinuousClock.now + .seconds(20)
    while !log.isClosed, ContinuousClock.now < deadline { usleep(1000) }
    #expect(log.isClosed)
    #expect(try area.read("a/audit.log") == "last\n")
    #expect(log.close() == 0)
  }

  /// Threads that write logs, and how many bytes each has written.
  private static func written() -> [String: Int] {
    let tasks = "/proc/self/task"
    func read(_ task: String, _ file: String) -> String {
      (try? String(contentsOfFile: "\(tasks)/\(task)/\(file)", encoding: .utf8)) ?? ""
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return names.reduce(into: [:]) { found, task in
      guard read(task, "comm") == "log-writer\n" else { return }
      let count = read(task, "io").split(separator: "\n").first { $0.hasPrefix("wchar: ") }
      found[task] = count.flatMap { Int($0.dropFirst(7)) }
    }
  }

  /// A log whose writes wait for the disk keeps no other waiting.
  @Test(arguments: [
    ("NONE", "INCREMENTAL_ASYNC", 1), ("NONE", "SYNC", 2), ("NONE", "DATA", 2),
    ("NONE", "INCREMENTAL", 2), ("SYNC", "DATA", 1),
  ])
  func logsThatWaitForTheDiskHaveAThreadOfTheirOwn(one: String, other: String, threads: Int) throws
  {
    let area = try Area()
    let writers = LogWriters()
    let before = Self.written()
    let logs = try [one, other].map { flush in
      try DaemonLog(
        path: "\(area.path)/\(flush)/audit.log",
        configuration: .parse("flush = \(flush)\n", file: "auditd.conf"), writers: writers)
    }
    let line = String(repeating: "x", count: 999) + "\n"
    for _ in 0..<20 { for log in logs { submit(line, to: log) } }
    for log in logs { #expect(log.close() == 0) }
    let added = Self.written().filter { before[$0.key] == nil }.values.sorted()
    #expect(added == Array(repeating: 40_000 / threads, count: threads))
    for flush in [one, other] { #expect(try area.read("\(flush)/audit.log").count == 20_000) }
  }

  @Test func aNewFileBeginsWhereItIsAskedFor() throws {
    let area = try Area()
    let log = try DaemonLog(
      path: area.path + "/a/audit.log", configuration: .init(), writers: LogWriters())
    // The first file is empty: there is nothing to keep.
    submit("one\n", to: log, toNewFile: true)
    submit("two\n", to: log)
    submit("three\n", to: log, toNewFile: true)
    #expect(log.close() == 0)
    #expect(try area.read("a/audit.log.1") == "one\ntwo\n")
    #expect(try area.read("a/audit.log") == "three\n")
    #expect(log.bytes == 14)
  }

  @Test func bytesAreThoseOfAllFiles() throws {
    let area = try Area()
    try area.write("12345\n", to: "a/audit.log.1")
    try area.write("123\n", to: "a/audit.log")
    let log = try DaemonLog(
      path: area.path + "/a/audit.log", configuration: .init(), writers: LogWriters())
    #expect(log.bytes == 10)
    submit("1\n", to: log)
    // Whether it is written yet or not.
    #expect(log.bytes >= 12)
    unlink(area.path + "/a/audit.log.1")
    let deadline = ContinuousClock.now + .seconds(20)
    while log.bytes != 6, ContinuousClock.now < deadline { log.measure() }
    #expect(log.bytes == 6)
    #expect(log.close() == 0)
  }

  @Test func twoLogsOfOneWriterAreKeptApart() throws {
    let area = try Area()
    let logs = try logs(["a", "b"], in: area)
    for (log, line) in zip(logs, ["of a\n", "of b\n"]) { submit(line, to: log) }
    #expect(logs.map { $0.close() } == [0, 0])
    #expect(try area.read("a/audit.log") == "of a\n")
    #expect(try area.read("b/audit.log") == "of b\n")
  }

  @Test func allLogsOfADiskKnowWhenMuchWaitsForIt() throws {
    let area = try Area()
    let logs = try logs(["loud", "quiet"], in: area)
    let much = Array(repeating: UInt8(ascii: "x"), count: Limits.waitingForDisk / 2)
    let batches = (0..<2).map { _ in
      let batch = logs[0].emptyBatch()
      much.withUnsafeBytes { batch.text.append($0) }
      return batch
    }
    logs[0].queue(batches[0])
    #expect(logs.map(\.isDiskAtEase) == [true, true])
    logs[0].queue(batches[1])
    #expect(logs.map(\.isDiskAtEase) == [false, false])
    for batch in batches { logs[0].write(batch) }
    #expect(logs.map { $0.close() } == [0, 0])
    #expect(logs.map(\.isDiskAtEase) == [true, true])
  }

  @Test func aLogWithMuchToWriteDoesNotKeepAnotherWaiting() throws {
    let area = try Area()
    let logs = try logs(["loud", "quiet"], in: area)
    let much = String(repeating: "x", count: 1 << 20) + "\n"
    for _ in 0..<64 { submit(much, to: logs[0]) }
    submit("quiet\n", to: logs[1])
    let deadline = ContinuousClock.now + .seconds(20)
    while logs[1].written == 0, ContinuousClock.now < deadline {}
    #expect(logs[0].queuedRecords > 0)
    #expect(logs.map { $0.close() } == [0, 0])
    #expect(logs.map(\.written) == [64, 1])
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
    for _ in 0..<1000 { submit(line, to: log) }
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
