import Testing

@testable import Collector

struct SlotSpaceTests {
  @Test func runsAreTakenAndGivenBack() {
    var space = SlotSpace(count: 10)
    #expect(space.take(4) == 0..<4)
    #expect(space.take(4) == 4..<8)
    #expect(space.take(4) == nil)
    #expect(space.take(2) == 8..<10)
    space.giveBack(4..<8)
    #expect(space.take(5) == nil)
    #expect(space.take(3) == 4..<7)
  }

  @Test func neighboursGrowTogether() {
    var space = SlotSpace(count: 9)
    let runs = (0..<3).map { _ in space.take(3)! }
    for order in [[0, 1, 2], [2, 1, 0], [0, 2, 1], [1, 0, 2]] {
      for run in order { space.giveBack(runs[run]) }
      #expect(space.take(9) == 0..<9, "given back as \(order)")
      if order != [1, 0, 2] {
        space.giveBack(0..<9)
        for run in runs { #expect(space.take(3) == run) }
      }
    }
  }

  @Test func nothingIsARunToo() {
    var space = SlotSpace(count: 1)
    #expect(space.take(0)?.isEmpty == true)
    space.giveBack(0..<0)
    #expect(space.take(1) == 0..<1)
  }
}
