/// How records begin, "type=PATH msg=audit(1.002:", each made once for all events of a millisecond.
struct RecordHeads: ~Copyable {
  private struct Place {
    var start: UInt16
    var end: UInt16
  }

  private static let stampStart: StaticString = " msg=audit("
  private var time: (seconds: Int64, milliseconds: Int) = (.min, 0)
  /// The stamp, and behind it the heads that were asked for.
  private var text = TextBuffer(capacity: 2048)
  private var stampEnd = 0
  /// By `RecordTypes.place`; one that was not asked for yet is empty.
  private let places: UnsafeMutableBufferPointer<Place>

  init() {
    places = .allocate(capacity: RecordTypes.places)
    places.initialize(repeating: Place(start: 0, end: 0))
  }

  deinit { places.deallocate() }

  /// " msg=audit(SEC.mmm:"
  var stamp: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: text.bytes[..<stampEnd]) }

  /// Sets the time of the records that follow.
  mutating func set(seconds: Int64, milliseconds: Int) {
    if time.seconds == seconds, time.milliseconds == milliseconds { return }
    time = (seconds, milliseconds)
    text.removeAll()
    text.append(Self.stampStart)
    text.append(signed: seconds)
    text.append(UInt8(ascii: "."))
    text.append(UInt8(ascii: "0") + UInt8(milliseconds / 100))
    text.append(UInt8(ascii: "0") + UInt8(milliseconds / 10 % 10))
    text.append(UInt8(ascii: "0") + UInt8(milliseconds % 10))
    text.append(UInt8(ascii: ":"))
    stampEnd = text.count
    places.update(repeating: Place(start: 0, end: 0))
  }

  /// Appends the head of a record up to its serial number.
  @inline(__always)
  mutating func append(_ type: RecordType, to target: inout TextBuffer) {
    let index = Int(RecordTypes.place(type.rawValue))
    if places[index].end == 0 { make(type, index) }
    let range = Int(places[index].start)..<Int(places[index].end)
    target.append(UnsafeRawBufferPointer(rebasing: text.bytes[range]))
  }

  @inline(never)
  private mutating func make(_ type: RecordType, _ index: Int) {
    let start = text.count
    text.append("type=")
    text.append(type.name)
    text.append(repeating: 0..<stampEnd)
    places[index] = Place(start: UInt16(start), end: UInt16(text.count))
  }
}
