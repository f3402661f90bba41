import Foundation
import TestSupport
import Testing

@testable import Recording

/// The form of a recording: what was written is read, and what is anything else is refused with its place.
struct RecordingFileTests {
  private static let header = RecordingHeader(
    .init(
      program: "9.9", kernel: "6.12.43", machine: "here", backend: "hooks", began: 1_700_000_000,
      only: ["web", "44"]))

  private static func content(_ entries: [(EntryKind, [UInt8])]) -> [UInt8] {
    var content: [UInt8] = []
    for (kind, payload) in entries {
      payload.withUnsafeBytes { RecordingBlock.append(kind, $0, to: &content) }
    }
    return content
  }

  private static let first = content([(.event, [1, 2, 3]), (.clock, []), (.event, .init(0..<64))])
  private static let last = content([(.end, [7])])

  /// Two blocks, of which the second is the last.
  private static var whole: [UInt8] {
    header.bytes + RecordingBlock.encode(first, events: 2, leftOut: 0)
      + RecordingBlock.encode(last, events: 2, leftOut: 1, isLast: true)
  }

  private func read(_ bytes: [UInt8]) throws -> [(EntryKind, [UInt8])] {
    let area = try Area()
    let path = area.path + "/recording"
    try Data(bytes).write(to: URL(filePath: path))
    var reader = try RecordingReader(path: path)
    var entries: [(EntryKind, [UInt8])] = []
    while let entry = try reader.nextEntry() {
      #expect(UInt(bitPattern: entry.payload.baseAddress) % 8 == 0)
      entries.append((entry.kind, Array(entry.payload)))
    }
    return entries
  }

  @Test func whatWasWrittenIsRead() throws {
    let entries = try read(Self.whole)
    #expect(entries.map(\.0) == [.event, .clock, .event, .end])
    #expect(entries.map(\.1) == [[1, 2, 3], [], Array(0..<64), [7]])
  }

  @Test func itsOriginIsRead() throws {
    let area = try Area()
    let path = area.path + "/recording"
    try Data(Self.whole).write(to: URL(filePath: path))
    let reader = try RecordingReader(path: path)
    #expect(reader.header == Self.header)
  }

  @Test func everyTruncationIsSaid() {
    for count in 0..<Self.whole.count {
      let error = #expect(throws: RecordingError.self) { try read(Array(Self.whole[..<count])) }
      if count >= 8 { #expect(error?.description.contains("ends at byte \(count)") == true) }
    }
  }

  @Test func aFlippedBitOfAnyByteIsFound() {
    for place in Self.whole.indices {
      var bytes = Self.whole
      bytes[place] ^= 1 << UInt8(place % 8)
      #expect(throws: RecordingError.self, "byte \(place)") { try read(bytes) }
    }
  }

  @Test func damageIsSaidWithItsPlace() {
    let second =
      Self.header.bytes.count + RecordingBlock.encode(Self.first, events: 2, leftOut: 0).count
    var bytes = Self.whole
    bytes[bytes.count - 1] ^= 1
    let error = #expect(throws: RecordingError.self) { try read(bytes) }
    #expect(error?.description.hasPrefix("damaged at byte \(second): ") == true)
  }

  @Test func whatFollowsTheEndIsRefused() {
    #expect(throws: RecordingError.self) { try read(Self.whole + [0]) }
  }

  @Test(arguments: ["", "type=SYSCALL msg=audit(1.000:1): \n", "NESTREC", "\u{7f}ELF"])
  func aForeignFileIsCalledThat(text: String) {
    let error = #expect(throws: RecordingError.self) { try read(Array(text.utf8)) }
    #expect(error?.description.contains("is no recording of nestaudit's") == true)
  }

  @Test func aLaterFormSaysWhatToUse() {
    var bytes = Self.whole
    bytes[8] = 2
    let error = #expect(throws: RecordingError.self) { try read(bytes) }
    #expect(error?.description.contains("has form 2, and this program reads 1") == true)
  }

  @Test(arguments: [
    ("events = \(Layout.version)", "events = 99"), ("layout = ", "layout = 1,"),
  ])
  func otherEventsSayWhatToUse(own: String, other: String) throws {
    let bytes = Self.whole
    let text = try #require(String(bytes: bytes[20..<Self.header.bytes.count], encoding: .utf8))
    let changed = Array(text.replacingOccurrences(of: own, with: other).utf8)
    var fields = FieldWriter()
    fields.put(UInt32(changed.count))
    fields.put(Checksum.of(changed))
    let file = bytes[..<12] + fields.bytes + changed + bytes[Self.header.bytes.count...]
    let error = #expect(throws: RecordingError.self) { try read(Array(file)) }
    #expect(
      error?.description.contains("use the version of nestaudit that recorded it (9.9)") == true)
  }

  @Test(arguments: [Int64.min, -1, 1 << 33, .max])
  func aTimeThatNoneCanHaveIsRefused(began: Int64) {
    var header = Self.header
    header.origin.began = began
    let file = header.bytes + Self.whole[Self.header.bytes.count...]
    let error = #expect(throws: RecordingError.self) { try read(file) }
    #expect(error?.description.contains("damaged at byte 20: its description") == true)
  }

  @Test func whatIsNoFileIsRefused() {
    for path in ["/dev/null", "/tmp", "/tmp/there is no such file"] {
      #expect(throws: RecordingError.self) { _ = try RecordingReader(path: path) }
    }
  }

  @Test func progressIsSeenInWhateverPiecesItComes() {
    for size in [1, 7, 50, 1000] {
      var progress = RecordingProgress()
      var rest = Self.whole[...]
      while !rest.isEmpty {
        #expect(!progress.isWhole)
        progress.take(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      #expect(progress.isWhole)
      #expect(progress.events == 2 && progress.leftOut == 1)
    }
  }
}

/// Values in entries.
struct FieldTests {
  private func reading<Value>(
    _ bytes: [UInt8], _ body: (inout FieldReader) throws -> Value
  ) throws -> Value {
    try bytes.withUnsafeBytes {
      var reader = FieldReader($0, offset: 5)
      return try body(&reader)
    }
  }

  @Test func valuesComeBack() throws {
    var writer = FieldWriter()
    writer.put(UInt16(500))
    writer.put(Int64(-3))
    writer.put(true)
    writer.put("näme")
    writer.put(String?.none)
    writer.put(list: [1, 2, 3] as [UInt32]) { $0.put($1) }
    try reading(writer.bytes) { fields in
      #expect(try fields.number() as UInt16 == 500)
      #expect(try fields.number() as Int64 == -3)
      #expect(try fields.flag())
      #expect(try fields.text() == "näme")
      #expect(try fields.optionalText() == nil)
      #expect(
        try fields.list { field throws(RecordingError) in try field.number(UInt32.self) }
          == [1, 2, 3])
      try fields.finish()
    }
  }

  @Test func nothingIsReadBeyondTheEnd() {
    #expect(throws: RecordingError.self) { try reading([1, 2, 3]) { try $0.number() as UInt32 } }
    #expect(throws: RecordingError.self) { try reading([9, 0, 0, 0, 1]) { try $0.text() } }
    #expect(throws: RecordingError.self) { try reading([2]) { try $0.flag() } }
    #expect(throws: RecordingError.self) { try reading([1, 0, 0, 0, 0xff]) { try $0.text() } }
    #expect(throws: RecordingError.self) { try reading([1]) { try $0.finish() } }
    #expect(throws: RecordingError.self) {
      try reading([0xff, 0xff, 0xff, 0xff]) {
        try $0.list { field throws(RecordingError) in try field.number(UInt64.self) }
      }
    }
  }
}
