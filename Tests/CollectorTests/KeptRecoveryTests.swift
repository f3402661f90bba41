import CNestaudit
import Foundation
import Logging
import TestSupport
import Testing

@testable import Collector

/// A log is what was committed, whenever its collector was killed.
@Suite(.enabled(if: Machine.isRoot, "needs root: the kept file is root's"))
struct KeptRecoveryTests {
  private let area: Area
  private let memory: KeptMemory
  private let log: KeptLog
  private let batches: LogBatches
  private var path: String { area.path + "/web/audit.log" }

  init() throws {
    area = try Area()
    try area.write("", to: "web/audit.log")
    memory = try KeptMemory(in: area.path)
    memory.begin("ring")
    log = try #require(Ledger(memory).claim(name: "web", path: area.path + "/web/audit.log"))
    batches = LogBatches(in: memory)
    open()
  }

  private func open() {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    log.opened(file, size: Int(lseek(file, 0, SEEK_END)))
    close(file)
  }

  private func batch(_ text: String, at start: UInt64, after tail: String = "") -> LogBatch {
    let batch = batches.take(expecting: 0)
    Array(tail.utf8).withUnsafeBytes { batch.begin(at: start, after: $0, of: log) }
    Array(text.utf8).withUnsafeBytes { batch.text.append($0) }
    return batch
  }

  private func commit(end: Int, serial: UInt64 = 1, ended: Bool = false) {
    var state = kept_state()
    state.end = UInt64(end)
    state.serial = serial
    state.ended = ended ? 1 : 0
    log.store(state)
    memory.commit(kept_root())
  }

  /// As the writer does, which is killed before it can note how much was written.
  private func write(_ text: String, of whole: String) throws {
    log.willWrite(whole.utf8.count)
    try area.append(text, to: "web/audit.log")
  }

  /// What another process finds, that opens the file anew.
  private func recover() throws -> [(daemon: String, events: UInt64)] {
    let memory = try KeptMemory(in: area.path)
    #expect(memory.ring == "ring")
    return KeptRecovery(memory, logger: Logger(label: "test")).run()
  }

  private func expect(_ text: String) throws {
    #expect(try recover().isEmpty)
    #expect(try area.read("web/audit.log") == text)
    // Whoever is killed while it recovers has it done again.
    #expect(try recover().isEmpty)
    #expect(try area.read("web/audit.log") == text)
  }

  @Test func whatWasCommittedAndNotWrittenIsWritten() throws {
    let batches = [batch("one\ntwo\n", at: 0), batch("three\n", at: 8)]
    commit(end: 14)
    try expect("one\ntwo\nthree\n")
    withExtendedLifetime(batches) {}
  }

  @Test func whatWasNotCommittedIsNotWritten() throws {
    let batches = [batch("one\ntwo\n", at: 0)]
    commit(end: 4)
    let next = batch("three\n", at: 8)
    // The next commit's state is there, its number is not.
    var state = kept_state()
    state.end = 14
    log.store(state)
    try expect("one\n")
    withExtendedLifetime((batches, next)) {}
  }

  @Test(arguments: ["", "o", "one", "one\n", "one\ntw", "one\ntwo\n"])
  func aWriteThatWasCutOffIsCompleted(_ part: String) throws {
    let batch = batch("one\ntwo\n", at: 0)
    commit(end: 8)
    try write(part, of: "one\ntwo\n")
    try expect("one\ntwo\n")
    withExtendedLifetime(batch) {}
  }

  /// What it carries is in its own block, in the log or not; several begin at the same one if they are short.
  @Test(arguments: [
    "", "one\ntw", "one\ntwo\n", "one\ntwo\nth", "one\ntwo\nthree\n", "one\ntwo\nthree\nfo",
  ])
  func aBatchGoesOnInTheBlockOfTheOneBefore(_ part: String) throws {
    let all = "one\ntwo\nthree\nfour\n"
    // Memory that was used before has old text behind the new one, and is used again from the last one on.
    let used = (0..<3).map { _ in batch(String(repeating: "old\n", count: 20), at: 0) }
    for batch in used { batches.give(batch) }
    var batches = [
      batch("one\ntwo\n", at: 0), batch("three\n", at: 8, after: "two\n"),
      batch("four\n", at: 14, after: "two\nthree\n"),
    ]
    // The next one has written what the first has left.
    if part.utf8.count > 8 { self.batches.give(batches.removeFirst()) }
    commit(end: all.utf8.count)
    try write(part, of: all)
    try expect(all)
    withExtendedLifetime(batches) {}
  }

  @Test func whatWasThereBeforeStays() throws {
    try area.append("before\n", to: "web/audit.log")
    open()
    let batch = batch("one\n", at: 0)
    commit(end: 4)
    try write("on", of: "one\n")
    try expect("before\none\n")
    withExtendedLifetime(batch) {}
  }

  @Test(arguments: [false, true])
  func aRotationThatWasCutOffDoesNoHarm(isOpened: Bool) throws {
    let first = batch("one\n", at: 0)
    commit(end: 4)
    try write("one\n", of: "one\n")
    log.didWrite(4)
    let second = batch("two\n", at: 4)
    commit(end: 8)
    log.closing()
    area.move("web/audit.log", to: "web/audit.log.1")
    if isOpened { try area.write("", to: "web/audit.log") }
    try expect("two\n")
    #expect(try area.read("web/audit.log.1") == "one\n")
    withExtendedLifetime((first, second)) {}
  }

  @Test func theLogOfAContainerWhoseNameIsAnothersIsFound() throws {
    let batch = batch("one\n", at: 0)
    commit(end: 4, ended: true)
    area.move("web", to: "web.20260101T000000Z")
    try area.write("another's\n", to: "web/audit.log")
    #expect(try recover().isEmpty)
    #expect(try area.read("web/audit.log") == "another's\n")
    #expect(try area.read("web.20260101T000000Z/audit.log") == "one\n")
    withExtendedLifetime(batch) {}
  }

  @Test func somebodyWhoEmptiesTheLogGetsNothingTwice() throws {
    let batches = [batch("one\n", at: 0), batch("two\n", at: 4)]
    commit(end: 8)
    try write("one\n", of: "one\n")
    log.didWrite(4)
    try area.write("", to: "web/audit.log")
    try expect("two\n")
    withExtendedLifetime(batches) {}
  }

  @Test func anotherDaemonOfTheNameGoesOnWithTheSerialNumbers() throws {
    let batch = batch("one\n", at: 0)
    commit(end: 4, serial: 41)
    _ = try recover()
    let memory = try KeptMemory(in: area.path)
    let ledger = Ledger(memory)
    let other = try #require(ledger.claim(name: "db", path: area.path + "/db/audit.log"))
    #expect(other.state == nil && other.index != log.index)
    let found = try #require(ledger.claim(name: "web", path: path))
    #expect(found.index == log.index)
    #expect(found.state?.serial == 41)
    #expect(found.state?.end == 4)
    withExtendedLifetime(batch) {}
  }

  @Test func oneThatHasEndedIsForgottenOnceItsLogIsWhole() throws {
    let batch = batch("one\n", at: 0)
    commit(end: 4, serial: 7, ended: true)
    try expect("one\n")
    let memory = try KeptMemory(in: area.path)
    #expect(Ledger(memory).claim(name: "web", path: path)?.state == nil)
    withExtendedLifetime(batch) {}
  }

  @Test func eventsThatCannotBeWrittenAreCounted() throws {
    let event = { (serial: Int) in "type=X msg=audit(1.000:\(serial)): x\n" }
    let text = event(1) + event(2) + event(3)
    let batch = batch(text, at: 0)
    commit(end: text.utf8.count, serial: 3)
    try write(event(1), of: event(1))
    log.didWrite(event(1).utf8.count)
    // Its text is gone.
    batch.kept?.end()
    let lost = try recover()
    #expect(lost.count == 1 && lost[0].daemon == "web" && lost[0].events == 2)
  }

  @Test func aLongTextIsKeptWhole() throws {
    let line = String(repeating: "x", count: 99) + "\n"
    let text = String(repeating: line, count: 20_000)
    let batch = batch(text, at: 0)
    commit(end: text.utf8.count)
    #expect(memory.isWhole)
    try expect(text)
    withExtendedLifetime(batch) {}
  }

  // MARK: Facts

  private func facts(_ facts: Facts) -> [String] {
    var found: [String] = []
    facts.forEach { found.append("\($0) \(String(decoding: $1, as: UTF8.self))") }
    return found
  }

  private func add(_ text: String, to facts: Facts) {
    Array(text.utf8).withUnsafeBytes { facts.add(.process, $0) }
  }

  private func commit(_ facts: Facts) {
    memory.commit(kept_root(position: 0, facts: facts.end.count, half: facts.end.half))
  }

  @Test func factsHoldOnceTheyAreCommitted() throws {
    let first = Facts(memory)
    add("one", to: first)
    add("another", to: first)
    commit(first)
    add("lost", to: first)
    let second = Facts(try KeptMemory(in: area.path))
    #expect(facts(second) == ["process one", "process another"])
    // What it adds is in place of what was not committed.
    add("third", to: second)
    commit(second)
    #expect(facts(Facts(memory)) == ["process one", "process another", "process third"])
  }

  @Test func whatIsWrittenAnewCountsFromItsCommitOn() throws {
    let first = Facts(memory)
    add("old", to: first)
    commit(first)
    first.writeAnew { add("new", to: first) }
    #expect(facts(Facts(memory)) == ["process old"])
    commit(first)
    first.forgetOther()
    #expect(facts(Facts(memory)) == ["process new"])
    add("more", to: first)
    commit(first)
    #expect(facts(Facts(memory)) == ["process new", "process more"])
  }

  @Test func nothingOfAnotherBootOrFormatCounts() throws {
    memory.head.pointee.format = 99
    #expect(memory.ring == nil && memory.isForeign)
    memory.head.pointee.format = UInt64(KEPT_FORMAT)
    #expect(memory.ring == "ring" && !memory.isForeign)
    KeptMemory.store("another", in: &memory.head.pointee.boot)
    #expect(memory.ring == nil && !memory.isForeign)
  }
}
