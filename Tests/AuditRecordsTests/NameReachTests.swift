import CNestaudit
import Testing

@testable import AuditRecords

/// How far the lookups of a failed call came.
struct NameReachTests {
  private static let long = String(repeating: "n", count: 256)

  private func items(
    _ syscall: Int32, _ result: Int64, _ names: String..., args: [UInt64] = []
  ) throws -> [String] {
    var event = EventBytes { event in
      event.syscall = syscall
      event.result = result
      event.header.flags = UInt16(EVENT_CALLERS_NAMES.rawValue)
      if args.count > 2 { event.args = (args[0], args[1], args[2], 0, 0, 0) }
    }
    for (index, name) in names.enumerated() { event.add(SECTION_PATH, index: index, name) }
    event.add(SECTION_CWD, "/work")
    return try lines(event, of: EventBytes { $0.setName("x") })
      .filter { $0.hasPrefix("type=PATH ") }.map { record in
        let fields = record.split(separator: " ")
        return ["nametype=", "name="].compactMap { prefix in
          fields.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count).prefix(12)
        }.joined(separator: " ")
      }
  }

  @Test func aBareNameIsLookedUpInADirectoryThatIsThere() throws {
    #expect(try items(83, -2, "new") == ["PARENT \"/work\""])
    #expect(try items(83, -2, "none/new") == ["UNKNOWN \"none/new\""])
    #expect(try items(83, -40, "loop/new") == ["UNKNOWN \"loop/new\""])
    #expect(try items(87, -40, "loop/new") == ["UNKNOWN \"loop/new\""])
    #expect(try items(257, -2, "new", args: [0, 0, 0o101]) == ["PARENT \"/work\""])
    #expect(try items(257, -13, "/etc/new", args: [0, 0, 0o301]) == ["PARENT \"/etc/\""])
  }

  @Test func aComponentThatIsTooLongEndsTheLookupThere() throws {
    #expect(try items(83, -36, "a/" + Self.long) == ["PARENT \"a/\""])
    #expect(try items(83, -36, Self.long + "/a") == ["UNKNOWN \"nnnnnnnnnnn"])
    #expect(try items(87, -36, Self.long) == ["PARENT \"/work\""])
  }

  @Test func ofTwoNamesTheOneThatCannotHaveFailedIsFound() throws {
    #expect(try items(82, -40, "a", "loop/b") == ["UNKNOWN \"loop/b\"", "PARENT \"/work\""])
    #expect(try items(82, -40, "loop/a", "b") == ["UNKNOWN \"b\"", "UNKNOWN \"loop/a\""])
    #expect(try items(86, -40, "a", "loop/b") == ["UNKNOWN \"loop/b\"", "NORMAL \"a\""])
    #expect(try items(86, -36, "a", "b/" + Self.long) == ["PARENT \"b/\"", "NORMAL \"a\""])
    // The first begins at the working directory, the second at a descriptor that is none.
    let workingDirectory = UInt64(bitPattern: -100)
    #expect(
      try items(264, -9, "a", "b", args: [workingDirectory, 0, 999])
        == ["UNKNOWN \"b\"", "PARENT \"/work\""])
  }

  @Test func oneOfTwoNamesMayBeNone() throws {
    #expect(try items(82, -2, "a", "") == ["UNKNOWN \"a\""])
    #expect(try items(82, -14, "a") == ["UNKNOWN \"a\""])
    #expect(try items(86, -2, "a", "") == ["NORMAL \"a\""])
    #expect(try items(86, -2, "", "b") == ["UNKNOWN \"b\""])
    #expect(try items(88, -2, "to", "") == ["UNKNOWN \"to\""])
  }

  @Test func anEmptyNameIsOneWhereItMayBe() throws {
    #expect(try items(89, -2, "") == ["NORMAL \"\""])  // readlink
    #expect(try items(428, 3, "", args: [9, 0, 0x1000]) == ["NORMAL \"\""])  // open_tree
    #expect(try items(428, -9, "", args: [999, 0, 0x1000]) == ["UNKNOWN \"\""])
    #expect(try items(428, -2, "", args: [9, 0, 0]) == [])
    #expect(try items(4, -2, "") == [])  // stat
  }

  @Test func aLinkToItselfHasOneNameForBoth() throws {
    #expect(try items(88, 0, "loop", "loop") == ["PARENT \"/work\"", "CREATE \"loop\""])
    #expect(try items(88, 0, "a/x", "b/x") == ["PARENT \"b/\"", "CREATE \"a/x\""])
    #expect(try items(88, 0, "y", "b/x") == ["PARENT \"b/\"", "UNKNOWN \"y\"", "CREATE \"b/x\""])
  }

  @Test func whatOnlyTheOwnerMayIsRefusedOnTheWay() throws {
    #expect(try items(90, -13, "shut/a") == ["UNKNOWN \"shut/a\""])
    #expect(try items(76, -13, "shut/a") == ["NORMAL \"shut/a\""])
  }

  @Test func aNameThatIsGoneFromMemoryIsNull() throws {
    var event = EventBytes { event in
      event.syscall = 257
      event.result = 3
      event.header.flags = UInt16(EVENT_UNREADABLE.rawValue)
    }
    event.add(object: object(OBJECT_OPENED, ino: 9), index: 0)
    let records = try lines(event, of: EventBytes { $0.setName("x") })
    #expect(records.contains { $0.contains(" item=0 name=(null) inode=9 ") })
  }
}
