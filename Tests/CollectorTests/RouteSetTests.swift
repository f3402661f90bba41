import CNestaudit
import Testing

@testable import Collector

struct RouteSetTests {
  @Test func eachPlaceIsItsOwn() {
    for place in 0..<RouteSet.most {
      var set = RouteSet()
      #expect(set.isEmpty)
      set.insert(place)
      #expect(!set.isEmpty)
      #expect((0..<RouteSet.most).filter(set.contains) == [place])
    }
  }

  @Test func whatBPFDoesNotAskHasOneBitTogether() {
    let most = Int(POLICY_DAEMONS_MAX)
    #expect((0..<RouteSet.most).filter { RouteSet.may(0b101, $0) } == [0, 2])
    #expect(
      (0..<RouteSet.most).filter { RouteSet.may(1 << UInt32(POLICY_MORE_BIT), $0) }
        == Array(most..<RouteSet.most))
    #expect((0..<RouteSet.most).allSatisfy { RouteSet.may(.max, $0) })
  }
}
