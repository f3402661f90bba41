/// Records with one stamp: one event.
struct TailEvent: Equatable {
  let stamp: EventStamp
  var records: [TailRecord]

  /// The first record of that type.
  func record(_ type: String) -> TailRecord? { records.first { $0.type == type } }

  /// The keys of the rules that asked for it; several are joined by \u{1} in the log.
  var keys: [String] {
    guard let keys = (record("SYSCALL") ?? record("URINGOP"))?.decoded("key") else { return [] }
    return keys.split(separator: "\u{1}").map(String.init)
  }
}

/// Makes events of lines.
struct EventAssembler {
  private var open: TailEvent?

  /// Whether an event has begun whose end is not certain.
  var hasOpenEvent: Bool { open != nil }

  /// Takes a line; returns the event that is complete now.
  mutating func add(_ line: [UInt8]) -> TailEvent? {
    guard let record = TailRecord(line: line) else { return nil }
    if record.stamp == open?.stamp {
      open?.records.append(record)
      return nil
    }
    let complete = open
    open = TailEvent(stamp: record.stamp, records: [record])
    return complete
  }

  /// Takes the event that is still open for complete.
  mutating func finish() -> TailEvent? {
    defer { open = nil }
    return open
  }

  /// The events of a piece of a log.
  static func events(in bytes: some Collection<UInt8>) -> [TailEvent] {
    var assembler = EventAssembler()
    var events = bytes.split(separator: UInt8(ascii: "\n")).compactMap { assembler.add(Array($0)) }
    if let last = assembler.finish() { events.append(last) }
    return events
  }
}
