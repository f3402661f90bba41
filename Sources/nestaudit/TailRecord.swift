/// When an event happened and its serial number: the part of `msg=audit(…)` that makes records
/// one event.
struct EventStamp: Hashable, Comparable {
  var seconds: Int64
  var milliseconds: Int
  var serial: UInt64

  static func < (left: EventStamp, right: EventStamp) -> Bool {
    (left.seconds, left.milliseconds, left.serial)
      < (right.seconds, right.milliseconds, right.serial)
  }
}

/// One line of a log.
struct TailRecord: Equatable {
  /// A field as the log has it.
  struct Field: Equatable {
    let name: String
    let value: ArraySlice<UInt8>
    /// Whether it stood in quotes, which `value` is without.
    let isQuoted: Bool
  }

  let line: [UInt8]
  let type: String
  let stamp: EventStamp
  /// Where the fields are in `line`: not what auditd's format ENRICHED has behind them.
  let body: Range<Int>

  /// auditd's AUDIT_INTERP_SEPARATOR.
  private static let separator: UInt8 = 0x1d

  /// Reads `type=TYPE msg=audit(SECONDS.MILLISECONDS:SERIAL): …`; nil if it is none.
  init?(line: [UInt8]) {
    var scanner = Scanner(line[...])
    guard scanner.skip("type="), let type = scanner.text(until: " "),
      scanner.skip("msg=audit("), let seconds = scanner.number(until: "."),
      let milliseconds = scanner.number(until: ":"), let serial = scanner.number(until: ")"),
      scanner.skip(":")
    else { return nil }
    self.line = line
    self.type = type
    stamp = EventStamp(
      seconds: Int64(clamping: seconds), milliseconds: Int(clamping: milliseconds), serial: serial)
    body = scanner.rest.startIndex..<(scanner.rest.firstIndex(of: Self.separator) ?? line.endIndex)
  }

  /// The record behind the stamp.
  var text: String {
    String(decoding: line[body].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
  }

  /// The fields in the line's order.
  var fields: [Field] { Self.fields(in: line[body]) }

  /// What the format ENRICHED has behind the record, in the line's order: names in capitals.
  var interpretations: [Field] {
    let text = line[body.upperBound...].dropFirst()
    let address = "SADDR=".utf8
    if text.starts(with: address) {
      let value = text.dropFirst(address.count)
      return [Field(name: "SADDR", value: value, isQuoted: true)]
    }
    return Self.fields(in: text)
  }

  private static func fields(in text: ArraySlice<UInt8>) -> [Field] {
    var result: [Field] = []
    var rest = text
    while true {
      rest = rest.drop { $0 == UInt8(ascii: " ") }
      guard !rest.isEmpty else { return result }
      let token = rest.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: " ") }
      rest = rest[token.endIndex...]
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst()
      let name = String(decoding: token, as: UTF8.self)
      if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
        let value = rest.dropFirst().prefix { $0 != quote }
        result.append(Field(name: name, value: value, isQuoted: true))
        rest = rest[min(value.endIndex + 1, rest.endIndex)...]
      } else {
        let value = rest.prefix { $0 != UInt8(ascii: " ") }
        result.append(Field(name: name, value: value, isQuoted: false))
        rest = rest[value.endIndex...]
      }
    }
  }

  /// The first field of that name.
  func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// The field's value as the log has it.
  func plain(_ name: String) -> String? { field(name)?.plain }

  /// The value of a field in the log's encoding for untrusted text; nil for `(null)`.
  func decoded(_ name: String) -> String? { field(name)?.decoded }
}

extension TailRecord.Field {
  /// The value as the log has it.
  var plain: String { String(decoding: value, as: UTF8.self) }

  /// The bytes that were logged: text in quotes is itself, text without is hexadecimal
  /// (lib/audit.c, audit_log_n_untrustedstring).
  var bytes: [UInt8] {
    guard !isQuoted, value.count.isMultiple(of: 2), !value.isEmpty else { return Array(value) }
    var result: [UInt8] = []
    result.reserveCapacity(value.count / 2)
    var index = value.startIndex
    while index < value.endIndex {
      guard let high = digit(value[index]), let low = digit(value[index + 1]) else {
        return Array(value)
      }
      result.append(high << 4 | low)
      index += 2
    }
    return result
  }

  /// The text that was logged; nil for `(null)` and `(none)`.
  var decoded: String? {
    if !isQuoted && (plain == "(null)" || plain == "(none)") { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

private struct Scanner {
  var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func skip(_ text: StaticString) -> Bool {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard rest.starts(with: wanted) else { return false }
    rest = rest.dropFirst(wanted.count)
    return true
  }

  mutating func text(until end: Unicode.Scalar) -> String? {
    guard let index = rest.firstIndex(of: UInt8(ascii: end)) else { return nil }
    defer { rest = rest[(index + 1)...] }
    return String(decoding: rest[..<index], as: UTF8.self)
  }

  mutating func number(until end: Unicode.Scalar) -> UInt64? {
    text(until: end).flatMap { UInt64($0) }
  }
}
