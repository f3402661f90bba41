internal import AuditRecords
internal import Recording

/// Records that a daemon has written of itself, to be written again with other serial numbers.
struct RecordedLines {
  /// Of each line what is before and behind the serial number.
  private var lines: [Line] = []

  private struct Line {
    let before: [UInt8]
    let behind: [UInt8]
  }

  var count: Int { lines.count }

  /// Takes whole lines, each of which says `msg=audit(SECONDS.MILLISECONDS:SERIAL)` near its beginning.
  init(_ fields: inout FieldReader) throws(RecordingError) {
    let text = try fields.data()
    let newline = UInt8(ascii: "\n")
    for line in text.split(separator: newline) {
      guard line.starts(with: "type=".utf8), let opened = line.firstIndex(of: UInt8(ascii: "(")),
        let colon = line[opened...].firstIndex(of: UInt8(ascii: ":")),
        let closed = line[colon...].firstIndex(of: UInt8(ascii: ")")),
        line[..<opened].reversed().starts(with: " msg=audit".utf8.dropFirst().reversed()),
        line[line.index(after: colon)..<closed].allSatisfy({ (0x30...0x39).contains($0) })
      else { throw fields.damaged("a record of a daemon's own") }
      lines.append(
        Line(before: Array(line[...colon]), behind: Array(line[closed...]) + [newline]))
    }
    guard text.last == newline else { throw fields.damaged("a record of a daemon's own") }
  }

  private static func append(_ bytes: [UInt8], to text: inout TextBuffer) {
    for byte in bytes { text.append(byte) }
  }

  func append(to text: inout TextBuffer, serial: UInt64) {
    for line in lines {
      Self.append(line.before, to: &text)
      Self.append(Array(String(serial).utf8), to: &text)
      Self.append(line.behind, to: &text)
    }
  }
}
