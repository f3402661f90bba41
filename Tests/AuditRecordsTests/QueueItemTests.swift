import CNestaudit
import Testing

@testable import AuditRecords

/// The PATH items of message queues.
struct QueueItemTests {
  private static let creates: UInt64 = 0o100
  private static let exclusively: UInt64 = 0o300

  private func items(
    _ syscall: Int32, result: Int64, flags: UInt64 = 0, name: String = "queue", age: UInt64? = nil,
    isShared: Bool = false
  ) throws -> (count: String, shown: [String]) {
    var event = EventBytes { event in
      event.syscall = syscall
      event.result = result
      event.args.1 = flags
      event.header.flags = UInt16(EVENT_CALLERS_NAMES.rawValue)
      if flags & Self.creates != 0, !isShared {
        event.header.flags |= UInt16(EVENT_CREATED.rawValue)
      }
    }
    event.add(SECTION_PATH, name)
    if let age {
      let made = (1_700_000_000_007 - age) * 1_000_000
      for (index, role) in [OBJECT_OPENED, OBJECT_PARENT].enumerated() {
        var object = object(role, ino: UInt64(9 - index))
        object.ctime = made
        event.add(object: object, index: index)
      }
    }
    event.add(SECTION_CWD, "/")
    let records = try lines(event, of: EventBytes { $0.setName("x") })
    let count = try #require(records[0].firstMatch(of: /items=(\d+) ppid/))
    #expect(records.contains { $0.hasPrefix("type=CWD ") } == (count.1 != "0"))
    return (
      String(count.1),
      records.filter { $0.hasPrefix("type=PATH ") }.map { record in
        ["item=", "name=", "inode=", "nametype="].compactMap { prefix in
          record.split(separator: " ").first { $0.hasPrefix(prefix) }
            .map { String($0.dropFirst(prefix.count)) }
        }.joined(separator: " ")
      }
    )
  }

  @Test func theDirectoryOfANewQueueIsCountedAndNotShown() throws {
    let made = try items(240, result: 3, flags: Self.exclusively, age: 5000)
    #expect(made.count == "2")
    #expect(made.shown == ["0 \"queue\" 9 CREATE"])
  }

  @Test func aQueueThatWasThereIsNormal() throws {
    let found = try items(240, result: 3, age: 1)
    #expect(found.count == "1")
    #expect(found.shown == ["0 \"queue\" 9 NORMAL"])
  }

  @Test func withoutExclusionItsAgeTells() throws {
    #expect(
      try items(240, result: 3, flags: Self.creates, age: 900).shown == ["0 \"queue\" 9 CREATE"])
    #expect(
      try items(240, result: 3, flags: Self.creates, age: 2000).shown == ["0 \"queue\" 9 NORMAL"])
    #expect(
      try items(240, result: 3, flags: Self.creates, age: 0, isShared: true).shown
        == ["0 \"queue\" 9 NORMAL"])
  }

  @Test func aQueueThatCannotBeOpened() throws {
    #expect(try items(240, result: -2).shown == ["0 \"queue\" UNKNOWN"])
    #expect(try items(240, result: -2, name: "").count == "0")
    #expect(try items(240, result: -14).count == "0")
    #expect(try items(240, result: -13).shown == ["0 \"queue\" NORMAL"])
    #expect(try items(240, result: -13, name: "a/b").shown == ["0 \"a/b\" UNKNOWN"])
    #expect(try items(240, result: -13, name: "..").shown == ["0 \"..\" UNKNOWN"])
    #expect(try items(240, result: -17, flags: Self.exclusively).count == "1")
    let refused = try items(240, result: -22, flags: Self.creates)
    #expect(refused.count == "2")
    #expect(refused.shown == ["0 \"queue\" CREATE"])
  }

  @Test func aRemovalHidesTheDirectory() throws {
    let removed = try items(241, result: 0)
    #expect(removed.count == "2")
    #expect(removed.shown == ["0 \"queue\" DELETE"])
    let missing = try items(241, result: -2)
    #expect(missing.count == "1")
    #expect(missing.shown == [])
  }

  @Test func aMessageIsOfTheQueueBehindTheDescriptor() throws {
    for (magic, shown) in [(UInt32(0x1980_0202), 1), (0xef53, 0)] {
      var event = EventBytes { $0.syscall = 242 }
      var queue = object(OBJECT_DESCRIPTOR, ino: 9)
      queue.magic = magic
      event.add(object: queue, index: 0)
      let numbers = [UInt8](repeating: 0, count: 40)
      event.add(SECTION_SPECIAL, index: Int(SPECIAL_MQ_SENDRECV.rawValue), numbers)
      let records = try lines(event, of: EventBytes { $0.setName("x") })
      #expect(records.count { $0.contains(" name=(null) inode=9 ") } == shown)
    }
  }
}
