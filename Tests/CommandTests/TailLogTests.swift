import Foundation
import TestSupport
import Testing

@testable import nestaudit

struct TailLogTests {
  private let area: Area
  private var log: TailLog

  init() throws {
    area = try Area()
    log = TailLog(path: area.path + "/audit.log")
  }

  @Test mutating func lastEventsAreThoseAtTheEnd() throws {
    for serial in 1...30 { try area.append(sampleEvent(serial), to: "audit.log") }
    #expect(try serials(3) == [28, 29, 30])
  }

  @Test mutating func noEventsAreNoEvents() throws {
    try area.append(sampleEvent(1), to: "audit.log")
    #expect(try serials(0) == [])
    #expect(try newSerials() == [])
  }

  @Test mutating func lastEventsReachIntoRotatedLogs() throws {
    try area.append(sampleEvent(1) + sampleEvent(2), to: "audit.log.2")
    try area.append(sampleEvent(3), to: "audit.log.1")
    try area.append(sampleEvent(4), to: "audit.log")
    #expect(try serials(3) == [2, 3, 4])
    #expect(try serials(10) == [1, 2, 3, 4])
  }

  @Test mutating func lastEventsOfALongLogAreWhole() throws {
    try area.append((1...4000).map { sampleEvent($0) }.joined(), to: "audit.log")
    let events = try log.lastEvents(2000) { _ in true }
    #expect(events.map(\.stamp.serial) == Array(2001...4000))
    #expect(events.allSatisfy { $0.records.count == 2 })
  }

  @Test mutating func lastEventsWithAKeyAreLookedForFarBack() throws {
    let others = (2...4000).map { sampleEvent($0) }.joined()
    try area.append(sampleEvent(1, key: "\"rare\"") + others, to: "audit.log")
    let events = try log.lastEvents(5, where: KeyFilter(key: "rare").accepts)
    #expect(events.map(\.stamp.serial) == [1])
  }

  @Test mutating func eventAcrossARotationIsOne() throws {
    let lines = sampleEvent(7).split(separator: "\n").map { String($0) + "\n" }
    try area.append(lines[0], to: "audit.log.1")
    try area.append(lines[1], to: "audit.log")
    let events = try log.lastEvents(2) { _ in true }
    #expect(events.map(\.records.count) == [2])
  }

  @Test mutating func onlyWholeLinesAreNew() throws {
    try area.append(sampleEvent(1), to: "audit.log")
    #expect(try serials(1) == [1])
    let text = sampleEvent(2)
    try area.append(String(text.prefix(40)), to: "audit.log")
    #expect(try newSerials() == [])
    try area.append(String(text.dropFirst(40)), to: "audit.log")
    #expect(try newSerials() == [2, 2])
  }

  @Test mutating func rotationLosesAndRepeatsNothing() throws {
    try area.append(sampleEvent(1), to: "audit.log")
    #expect(try serials(1) == [1])
    try area.append(sampleEvent(2), to: "audit.log")
    rotate()
    try area.append(sampleEvent(3), to: "audit.log")
    rotate()
    try area.append(sampleEvent(4), to: "audit.log")
    #expect(try newSerials() == [2, 2, 3, 3, 4, 4])
    #expect(try newSerials() == [])
  }

  @Test mutating func logThatIsRotatedAwayIsReadToItsEnd() throws {
    try area.append(sampleEvent(1), to: "audit.log")
    #expect(try serials(1) == [1])
    try area.append(sampleEvent(2), to: "audit.log")
    try FileManager.default.removeItem(atPath: log.path)
    try area.append(sampleEvent(3), to: "audit.log")
    #expect(try newSerials() == [2, 2, 3, 3])
  }

  @Test mutating func logThatAppearsLaterIsNewFromItsBeginning() throws {
    #expect(try serials(10) == [])
    #expect(!log.isOpen)
    try area.append(sampleEvent(1), to: "audit.log")
    #expect(try newSerials() == [1, 1])
  }

  @Test mutating func truncatedLogIsReadFromItsBeginning() throws {
    try area.append(sampleEvent(1) + sampleEvent(2), to: "audit.log")
    #expect(try serials(1) == [2])
    truncate(log.path, 0)
    try area.append(sampleEvent(3), to: "audit.log")
    #expect(try newSerials() == [3, 3])
  }

  private func rotate() {
    for number in stride(from: 3, to: 0, by: -1) {
      area.move("audit.log.\(number)", to: "audit.log.\(number + 1)")
    }
    area.move("audit.log", to: "audit.log.1")
  }

  private mutating func serials(_ count: Int) throws -> [UInt64] {
    try log.lastEvents(count) { _ in true }.map(\.stamp.serial)
  }

  private mutating func newSerials() throws -> [UInt64] {
    try log.newLines().compactMap { TailRecord(line: $0)?.stamp.serial }
  }
}
