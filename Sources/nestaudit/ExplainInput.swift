import Glibc

/// Finds the event that is to be explained.
enum ExplainInput {
  private static let mostInput = 16 << 20
  private static let help =
    "give raw lines, as 'nestaudit tail --raw' and 'ausearch --raw' print them"

  /// The newest event with a serial number: numbers begin anew whenever the daemon does.
  static func event(_ serial: UInt64, log: String) throws -> TailEvent {
    var seen: ClosedRange<UInt64>?
    var file = TailLog(path: log)
    defer { file.close() }
    let found = try file.lastEvents(1) { event in
      let number = event.stamp.serial
      seen = min(seen?.lowerBound ?? number, number)...max(seen?.upperBound ?? number, number)
      return number == serial
    }
    if let event = found.last { return event }
    guard file.isOpen else { throw Failure("\(log): no log yet; is it the right --log?") }
    guard let seen else { throw Failure("\(log): has no events yet") }
    throw Failure(
      "\(log): no event has serial \(serial); there are \(seen.lowerBound) to \(seen.upperBound)")
  }

  /// The one event on standard input.
  static func standardInput() throws -> TailEvent {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure("standard input: \(String(cString: strerror(errno)))") }
      if count == 0 { break }
      bytes += chunk[..<count]
      guard bytes.count <= mostInput else {
        throw Failure("standard input is longer than the records of one event; \(help)")
      }
    }
    return try event(in: bytes)
  }

  /// The one event of some lines; what ausearch puts between events does not count.
  static func event(in bytes: [UInt8]) throws -> TailEvent {
    var records: [TailRecord] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      var line = Array(line)
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      if line.isEmpty || line.starts(with: "----".utf8) || line.starts(with: "time->".utf8) {
        continue
      }
      if line.starts(with: "node=".utf8) {
        line = Array(line.drop { $0 != UInt8(ascii: " ") }.dropFirst())
      }
      guard let record = TailRecord(line: line) else {
        throw Failure("standard input:\(index + 1): no audit record; \(help)")
      }
      records.append(record)
    }
    guard let first = records.first else { throw Failure("standard input has no records; \(help)") }
    let stamps = Set(records.map(\.stamp))
    guard stamps.count == 1 else {
      throw Failure("standard input has the records of \(stamps.count) events; give those of one")
    }
    return TailEvent(stamp: first.stamp, records: records)
  }
}
