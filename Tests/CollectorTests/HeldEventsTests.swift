import CNestaudit
import Testing

@testable import Collector

struct HeldEventsTests {
  private func event(_ task: UInt32, size: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    var header = event_header()
    header.size = UInt32(size)
    header.task = task
    bytes.withUnsafeMutableBytes { $0.storeBytes(of: header, as: event_header.self) }
    return bytes
  }

  @Test func theyComeBackWholeAndInOrder() {
    var held = HeldEvents()
    let sizes = [40, 48, 4096, 40]
    for (number, size) in sizes.enumerated() {
      event(UInt32(number), size: size).withUnsafeBytes { held.append($0) }
    }
    var seen: [(UInt32, Int)] = []
    held.replay { seen.append(($0.loadUnaligned(as: event_header.self).task, $0.count)) }
    #expect(seen.map(\.0) == [0, 1, 2, 3])
    #expect(seen.map(\.1) == sizes)
  }

  @Test func thereIsAnEndToWhatIsHeld() {
    var held = HeldEvents()
    let large = event(1, size: 1 << 20)
    var count = 0
    while held.hasRoom(for: large.count) {
      large.withUnsafeBytes { held.append($0) }
      count += 1
    }
    #expect(count == HeldEvents.limit / large.count)
  }
}
