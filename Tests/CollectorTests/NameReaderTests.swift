import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Collector

/// A container whose file systems do not answer.
struct NameReaderTests {
  /// Answers for every process but those below 100, as long as it is not opened.
  private final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func read(_ place: NamePlace, _ known: NameVersions) -> NameAnswer {
      while place.process < 100, !isOpen.withLock({ $0 }) { usleep(1000) }
      return NameAnswer(versions: known)
    }
  }

  private func place(_ process: UInt32) -> NamePlace { NamePlace(process: process, cgroup: "/") }

  private func answered(_ reader: NameReader, until number: UInt64) throws -> [UInt64] {
    var numbers: [UInt64] = []
    try wait(for: "the answer \(number)") {
      reader.relieve()
      numbers += reader.take().map(\.number)
      return numbers.contains(number)
    }
    return numbers
  }

  @Test func itHoldsUpNobodyElse() throws {
    let gate = Gate()
    let reader = NameReader { gate.read($0, $1) }
    reader.ask(1, place(1), since: NameVersions())
    reader.ask(2, place(200), since: NameVersions())
    reader.ask(3, place(2), since: NameVersions())
    reader.ask(4, place(201), since: NameVersions())
    #expect(try answered(reader, until: 4) == [2, 4])
    gate.open()
    try wait(for: "both late answers") {
      reader.ask(5, place(202), since: NameVersions())
      let numbers = try answered(reader, until: 5)
      return numbers.contains(1) || numbers.contains(3)
    }
  }

  @Test func itsNamesAreWaitedForOnlyAWhile() {
    let gate = Gate()
    let reader = NameReader { gate.read($0, $1) }
    let start = ContinuousClock.now
    reader.ask(1, place(1), since: NameVersions())
    reader.wait(for: 1, atMost: 20_000_000)
    let waited = ContinuousClock.now - start
    #expect(waited >= .milliseconds(20) && waited < .seconds(10))
    #expect(reader.take().isEmpty)
    gate.open()
    reader.wait(for: 1, atMost: 10_000_000_000)
    #expect(reader.take().map(\.number) == [1])
  }
}
