import CNestaudit
import Testing

@testable import AuditRecords

/// OBJ_PID: whom a signal went to.
struct TargetTests {
  private static let process = EventBytes { $0.setName("kill") }
  private static let kill = EventBytes { event in
    event.syscall = 62
    event.args = (99, 15, 0, 0, 0, 0)
    event.targets = 1
  }

  private func target(_ number: UInt32, uid: UInt32 = 5, pids: [(UInt32, UInt32)]) -> EventBytes {
    EventBytes(target: pids) { event in
      event.number = number
      event.uid = uid
      (event.auid, event.ses) = (.max, .max)
      withUnsafeMutableBytes(of: &event.comm) { $0.copyBytes(from: "a b".utf8) }
    }
  }

  @Test func aTargetIsTold() throws {
    let records = try lines(
      Self.kill, of: Self.process, targets: [target(0, pids: [(1, 99)])])
    #expect(
      records[1]
        == "type=OBJ_PID msg=audit(1700000000.007:5): opid=99 oauid=-1 ouid=5 oses=-1 "
        + "ocomm=612062")
    #expect(records.count == 3)
  }

  @Test func itHasTheNumbersOfTheView() throws {
    let view = NamespaceView(
      pidns: 7, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 10)], gidMap: [])
    let inside = target(0, uid: 100_003, pids: [(1, 99), (7, 3)])
    let outside = target(0, uid: 5, pids: [(1, 99)])
    #expect(
      try lines(Self.kill, of: Self.process, targets: [inside], view: view)[1].contains(
        "opid=3 oauid=-1 ouid=3 "))
    #expect(
      try lines(Self.kill, of: Self.process, targets: [outside], view: view)[1].contains(
        "opid=0 oauid=-1 ouid=65534 "))
  }

  /// The kernel keeps the first apart and tells it last; the others in groups of 16, the latest group first.
  @Test(arguments: [
    (1, [0]), (2, [1, 0]), (4, [1, 2, 3, 0]), (17, Array(1...16) + [0]),
    (19, [17, 18] + Array(1...16) + [0]),
  ])
  func theyAreInTheKernelsOrder(count: Int, order: [Int]) throws {
    let targets = (0..<count).map { target(UInt32($0), pids: [(1, UInt32(100 + $0))]) }
    let records = try lines(Self.kill, of: Self.process, targets: targets)
    let told = records.filter { $0.hasPrefix("type=OBJ_PID") }.compactMap { record in
      record.firstMatch(of: /opid=(\d+)/).flatMap { Int($0.1) }
    }
    #expect(told == order.map { 100 + $0 })
  }

  @Test func theFirstBeginsAnew() throws {
    let old = target(0, pids: [(1, 1)])
    let new = target(0, pids: [(1, 2)])
    let records = try lines(Self.kill, of: Self.process, targets: [old, new])
    #expect(records.filter { $0.contains("opid=2 ") }.count == 1)
    #expect(!records.contains { $0.contains("opid=1 ") })
  }

  @Test func whereATargetIsIsSaidBeforeIt() throws {
    func target(_ number: UInt32, in contid: UInt64) -> EventBytes {
      EventBytes(target: [(1, 99 + number)]) { event in
        event.number = number
        event.contid = contid
        (event.auid, event.ses) = (.max, .max)
        withUnsafeMutableBytes(of: &event.comm) { $0.copyBytes(from: "x".utf8) }
      }
    }
    let targets = [target(0, in: 4), target(1, in: 0), target(2, in: 5)]
    let chains: [UInt64: String] = [4: "4,^2", 5: "5"]
    let stamp = "msg=audit(1700000000.007:5): "
    let tail = " oauid=-1 ouid=0 oses=-1 ocomm=\"x\""
    let own = try lines(
      Self.kill, of: Self.process, targets: targets, chain: "7", targetChains: chains)
    #expect(own[0] == "type=CONTAINER_ID \(stamp)record=1 contid=7")
    #expect(own[1].hasSuffix(" record=1"))
    #expect(
      own[2...6] == [
        "type=OBJ_PID \(stamp)opid=100\(tail)",
        "type=CONTAINER_ID \(stamp)record=3 contid=5",
        "type=OBJ_PID \(stamp)opid=101\(tail) record=3",
        "type=CONTAINER_ID \(stamp)record=2 contid=4,^2",
        "type=OBJ_PID \(stamp)opid=99\(tail) record=2",
      ])
    // Of a sender that is in none they are the first; a record that is left out has none.
    let outside = try lines(Self.kill, of: Self.process, targets: targets, targetChains: chains)
    #expect(outside[2] == "type=CONTAINER_ID \(stamp)record=2 contid=5")
    let without = try lines(
      Self.kill, of: Self.process, targets: targets, chain: "7",
      excluding: {
        var types = RecordTypes.none; types.insert(RecordType.objPid.rawValue); return types
      }(),
      targetChains: chains)
    #expect(without.count { $0.hasPrefix("type=CONTAINER_ID") } == 1)
  }
}
