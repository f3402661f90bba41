import CNestaudit
import Testing

@testable import AuditRecords

/// What hooks tell of files becomes the objects of PATH items.
struct TouchedTests {
  /// "NAME TYPE INODE" of each item.
  private func items(
    _ syscall: Int32, result: Int64 = 0, paths: [String], touched: [EventBytes]
  ) throws -> [String] {
    var bytes = EventBytes { event in
      event.syscall = syscall
      event.result = result
      event.touches = touched.isEmpty ? 0 : 1
    }
    for (index, path) in paths.enumerated() { bytes.add(SECTION_PATH, index: index, path) }
    var table = ProcessTable()
    for (index, file) in touched.enumerated() {
      var file = file
      file.bytes.withUnsafeMutableBytes { bytes in
        bytes.storeBytes(
          of: index == 0 ? 1 : 0, toByteOffset: MemoryLayout<event_touched>.offset(of: \.first)!,
          as: UInt16.self)
      }
      file.bytes.withUnsafeBytes { table.append(TouchedEvent($0)!) }
    }
    return bytes.bytes.withUnsafeBytes { bytes in
      var event = SyscallEvent(bytes)!
      event.touched = table.touched(42)
      var plan = PathPlan()
      plan.make(for: event, loaderName: nil, milliseconds: 0)
      return (0..<plan.count).map { index in
        let item = plan[index]
        let name = item.name.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        let chain = item.chain.map { "\($0.ino)" }.joined(separator: "<")
        return "\(name) \(item.type.name) \(item.object.map { "\($0.ino)" } ?? "-") \(chain)"
      }
    }
  }

  @Test func aRemovedFileIsKnown() throws {
    #expect(
      try items(
        87, paths: ["/a/b"],
        touched: [
          .init(touched: OBJECT_PARENT, path: 0, ino: 5, above: [2]),
          .init(touched: OBJECT_REMOVED, path: 0, ino: 7, above: [5, 2]),
        ]) == ["/a/ PARENT 5 5<2", "/a/b DELETE 7 7<5<2"])
  }

  @Test func aRenameTellsWhatItReplaces() throws {
    let files: [EventBytes] = [
      .init(touched: OBJECT_PARENT, path: 0, ino: 5),
      .init(touched: OBJECT_PARENT, path: 1, ino: 6),
      .init(touched: OBJECT_REMOVED, path: 0, ino: 7),
      .init(touched: OBJECT_REMOVED, path: 1, ino: 8),
    ]
    #expect(
      try items(82, paths: ["/a/b", "/c/d"], touched: files) == [
        "/c/ PARENT 6 6", "/a/ PARENT 5 5", "/a/b DELETE 7 7", "/c/d DELETE 8 8", "/c/d CREATE 7 7",
      ])
    // By the name that it has got: nobody who watches that name need know the file yet.
    let made = EventBytes(touched: OBJECT_MADE, path: 1, ino: 7, above: [6])
    #expect(
      try items(82, paths: ["/a/b", "/c/d"], touched: files + [made]).last == "/c/d CREATE 7 7<6")
    // Refused after it was looked at.
    #expect(
      try items(82, result: -1, paths: ["/a/b", "/c/d"], touched: Array(files[..<3])) == [
        "/c/ PARENT 6 6", "/a/ PARENT 5 5", "/a/b DELETE 7 7",
      ])
  }

  @Test func aRenameToItselfDoesNothing() throws {
    #expect(
      try items(
        82, paths: ["/a/b", "/c/d"],
        touched: [
          .init(touched: OBJECT_PARENT, path: 0, ino: 5),
          .init(touched: OBJECT_PARENT, path: 1, ino: 6),
          .init(touched: OBJECT_REMOVED, path: 0, ino: 7),
          .init(touched: OBJECT_REMOVED, path: 1, ino: 7),
        ]) == ["/c/ PARENT 6 6", "/a/ PARENT 5 5"])
  }

  @Test func whatIsFoundAndMadeIsKnown() throws {
    #expect(
      try items(90, paths: ["x"], touched: [.init(touched: OBJECT_FOUND, path: 0, ino: 9)])
        == ["x NORMAL 9 9"])
    #expect(
      try items(
        83, paths: ["/a/b"],
        touched: [
          .init(touched: OBJECT_PARENT, path: 0, ino: 5),
          .init(touched: OBJECT_MADE, path: 0, ino: 7),
        ]) == ["/a/ PARENT 5 5", "/a/b CREATE 7 7"])
  }

  @Test func whatIsRefusedIsKnown() throws {
    let found = EventBytes(touched: OBJECT_FOUND, path: 0, ino: 9, above: [5])
    #expect(try items(2, result: -13, paths: ["/a/b"], touched: [found]) == ["/a/b NORMAL 9 9<5"])
    #expect(try items(2, result: -20, paths: ["/a/b"], touched: [found]) == ["/a/b NORMAL 9 9<5"])
    #expect(try items(2, result: -20, paths: ["/a/b"], touched: []) == ["/a/b UNKNOWN - "])
    #expect(try items(59, result: -8, paths: ["/a/b"], touched: [found]) == ["/a/b NORMAL 9 9<5"])
    #expect(
      try items(
        83, result: -17, paths: ["/a/b"], touched: [.init(touched: OBJECT_PARENT, path: 0, ino: 5)])
        == ["/a/ PARENT 5 5"])
    #expect(try items(241, result: -13, paths: ["q"], touched: [found]).last == "q DELETE 9 ")
  }

  /// What an earlier syscall left behind, of which nothing was told.
  @Test func theFirstFileBeginsAnew() throws {
    var table = ProcessTable()
    for ino in [3, 4] as [UInt64] {
      var file = EventBytes(touched: OBJECT_FOUND, path: 0, ino: ino)
      file.bytes.withUnsafeMutableBytes { bytes in
        bytes.storeBytes(
          of: 1, toByteOffset: MemoryLayout<event_touched>.offset(of: \.first)!, as: UInt16.self)
      }
      file.bytes.withUnsafeBytes { table.append(TouchedEvent($0)!) }
    }
    #expect(table.touched(42).count == 1)
    #expect(table.touched(42).file(OBJECT_FOUND, path: 0)?.object.ino == 4)
    table.clearTouched(42)
    #expect(table.touched(42).count == 0)
  }
}
