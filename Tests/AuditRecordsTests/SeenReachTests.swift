import CNestaudit
import Testing

@testable import AuditRecords

/// What was seen of a failed call's lookups decides where text and error do not.
struct SeenReachTests {
  private typealias Reach = [name_reach]

  /// "TYPE NAME" of each item.
  private func items(
    _ syscall: Int32, _ result: Int64, _ names: [String], _ reaches: [Reach?], flags: UInt64 = 0
  ) throws -> [String] {
    var event = EventBytes { event in
      event.syscall = syscall
      event.result = result
      event.args.2 = flags
    }
    for (index, name) in names.enumerated() { event.add(SECTION_PATH, index: index, name) }
    event.add(SECTION_CWD, "/work")
    for (index, reach) in reaches.enumerated() {
      guard let reach else { continue }
      let bits = reach.reduce(UInt32(0)) { $0 | $1.rawValue }
      event.add(SECTION_REACH, index: index, withUnsafeBytes(of: bits) { Array($0) })
    }
    return event.bytes.withUnsafeBytes { bytes in
      var plan = PathPlan()
      plan.make(for: SyscallEvent(bytes)!, loaderName: nil, milliseconds: 0)
      return (0..<plan.count).map { index in
        let name = plan[index].name.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        return "\(plan[index].type.name) \(name)"
      }
    }
  }

  private static let found: Reach = [REACH_DIRECTORY, REACH_LAST, REACH_WRITABLE]
  private static let missing: Reach = [REACH_DIRECTORY, REACH_WRITABLE]
  private static let stopped: Reach = [REACH_STOPPED]

  @Test func ofOneNameItIsTheDirectoryOrTheLastName() throws {
    #expect(try items(76, -13, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(try items(76, -13, ["d/a"], [Self.found]) == ["NORMAL d/a"])
    #expect(try items(59, -13, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(try items(87, -13, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(try items(87, -13, ["d/a"], [Self.found]) == ["PARENT d/", "DELETE d/a"])
    #expect(try items(87, -2, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(try items(87, -2, ["d/a"], [Self.missing]) == ["PARENT d/"])
    #expect(try items(84, -20, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(try items(84, -20, ["d/a"], [Self.found]) == ["PARENT d/", "DELETE d/a"])
    #expect(try items(83, -13, ["d/a"], [Self.stopped]) == ["UNKNOWN d/a"])
    #expect(
      try items(83, -13, ["d/a"], [[REACH_DIRECTORY, REACH_SEALED]])
        == ["PARENT d/", "CREATE d/a"])
  }

  @Test func anOpenAsksForMoreThanTheName() throws {
    let creates: UInt64 = 0o100
    let createsAlone: UInt64 = 0o300
    let directory: UInt64 = 0o200000
    let noFollow: UInt64 = 0o400000
    #expect(try items(257, -20, ["a"], [Self.found], flags: directory) == ["NORMAL a"])
    #expect(try items(257, -20, ["d/a"], [Self.stopped], flags: directory) == ["UNKNOWN d/a"])
    #expect(try items(257, -40, ["a"], [Self.found], flags: noFollow) == ["NORMAL a"])
    #expect(try items(257, -13, ["d/a"], [Self.stopped], flags: createsAlone) == ["UNKNOWN d/a"])
    #expect(try items(257, -13, ["d/a"], [Self.missing], flags: createsAlone) == ["PARENT d/"])
    #expect(
      try items(257, -2, ["a"], [[REACH_DIRECTORY, REACH_DEAD]], flags: creates) == ["UNKNOWN a"])
    #expect(try items(257, -2, ["a"], [nil], flags: creates) == ["PARENT /work"])
  }

  @Test func ofTwoNamesItIsTheFirstOrTheSecond() throws {
    let names = ["d/a", "e/b"]
    #expect(try items(86, -2, names, [Self.stopped]) == ["UNKNOWN e/b", "UNKNOWN d/a"])
    #expect(try items(86, -2, names, [Self.missing]) == ["UNKNOWN e/b", "UNKNOWN d/a"])
    #expect(
      try items(86, -13, names, [Self.found, Self.stopped]) == ["UNKNOWN e/b", "NORMAL d/a"])
    #expect(try items(82, -13, names, [Self.stopped]) == ["UNKNOWN e/b", "UNKNOWN d/a"])
    #expect(try items(82, -2, names, [Self.found, Self.stopped]) == ["UNKNOWN e/b", "PARENT d/"])
    #expect(try items(82, -2, names, [Self.missing, Self.missing]) == ["PARENT e/", "PARENT d/"])
    #expect(
      try items(88, -13, ["to", "e/b"], [nil, Self.stopped]) == ["UNKNOWN e/b", "UNKNOWN to"])
  }

  @Test func aRenameIsRefusedByOneDirectoryOrTheOther() throws {
    let names = ["d/a", "e/b"]
    let parents = ["PARENT e/", "PARENT d/"]
    let sealed: Reach = [REACH_DIRECTORY, REACH_LAST, REACH_SEALED]
    #expect(try items(82, -13, names, [sealed, Self.missing]) == parents + ["DELETE d/a"])
    #expect(
      try items(82, -13, names, [Self.found, [REACH_DIRECTORY, REACH_SEALED]])
        == parents + ["DELETE d/a", "CREATE e/b"])
    #expect(
      try items(82, -13, names, [Self.found, sealed])
        == parents + ["DELETE d/a", "DELETE e/b"])
    // Who may is not known: an access control list.
    #expect(
      try items(82, -13, names, [[REACH_DIRECTORY, REACH_LAST], Self.missing]) == parents)
    #expect(try items(82, -39, names, []) == parents + ["DELETE d/a", "DELETE e/b"])
    #expect(try items(82, -21, names, []) == parents + ["DELETE d/a", "DELETE e/b"])
    #expect(
      try items(82, -20, names, [Self.found, Self.found])
        == parents + ["DELETE d/a", "DELETE e/b"])
    #expect(
      try items(82, -20, ["d/a", "e/b/"], [Self.found, Self.missing])
        == ["PARENT e/", "PARENT d/"])
    #expect(try items(82, -14, ["d/a"], [Self.found]) == ["PARENT d/"])
  }

  @Test func aRenameToItselfDoesNothing() throws {
    #expect(
      try items(82, 0, ["d/a", "e/b"], [nil, [REACH_SAME]]) == ["PARENT e/", "PARENT d/"])
    #expect(
      try items(82, 0, ["d/a", "e/b"], [])
        == ["PARENT e/", "PARENT d/", "DELETE d/a", "CREATE e/b"])
  }
}
