public import Foundation

/// The records of one log that share time and serial number.
public struct AuditEvent: Sendable {
  /// One line.
  public struct Record: Sendable {
    /// Its type's name.
    public let type: String
    /// Everything behind `msg=audit(…):`, as the kernel has it.
    public let text: String
    /// What the format ENRICHED has behind it; nil where there is nothing.
    public let enrichment: String?

    init(type: String, text: String) {
      let parts = text.split(separator: "\u{1d}", maxSplits: 1, omittingEmptySubsequences: false)
      self.type = type
      self.text = String(parts[0])
      enrichment = parts.count > 1 ? String(parts[1]) : nil
    }

    /// The value of a field, as it is written; nil if the record has no such field.
    public subscript(_ field: String) -> String? {
      let name = Array((field + "=").utf8)
      var text = text
      return text.withUTF8 { bytes in
        guard bytes.count >= name.count else { return nil }
        for found in 0...(bytes.count - name.count)
        where found == 0 || bytes[found - 1] == UInt8(ascii: " ") {
          guard bytes[found...].starts(with: name) else { continue }
          let value = bytes[(found + name.count)...]
          let isQuoted = value.first == UInt8(ascii: "\"")
          let end = isQuoted ? UInt8(ascii: "\"") : UInt8(ascii: " ")
          return String(
            decoding: value.dropFirst(isQuoted ? 1 : 0).prefix { $0 != end }, as: UTF8.self)
        }
        return nil
      }
    }
  }

  /// The lines of the event, as they are.
  public private(set) var lines: [String]
  /// Its records.
  public private(set) var records: [Record]
  /// Its serial number.
  public let serial: UInt64

  /// The first record of a type.
  public func first(_ type: String) -> Record? {
    records.first { $0.type == type }
  }

  /// What its records say, without their stamp.
  fileprivate var text: String { records.map(\.text).joined(separator: "\n") }

  /// The SYSCALL record.
  public var syscall: Record? { first("SYSCALL") }

  /// The event without some of its records.
  public func dropping(_ isDropped: (Record) -> Bool) -> AuditEvent {
    var copy = self
    let kept = records.indices.filter { !isDropped(records[$0]) }
    copy.lines = kept.map { lines[$0] }
    copy.records = kept.map { records[$0] }
    return copy
  }

  /// What is missing from a syscall's event: the PATH records that `items=` promises, or the
  /// PROCTITLE that ends it; nil if nothing is.
  public var gap: String? {
    guard let syscall else { return nil }
    let paths = records.count { $0.type == "PATH" }
    guard let items = syscall["items"].flatMap({ Int($0) }), items >= paths,
      items - paths <= (Self.hasHiddenItem(syscall) ? 1 : 0)
    else { return "items= and \(paths) PATH records" }
    if records.last?.type != "PROCTITLE" { return "no PROCTITLE at the end" }
    return nil
  }

  /// mq_open and mq_unlink: the directory of the queue counts, and has no PATH record.
  private static func hasHiddenItem(_ syscall: Record) -> Bool {
    let numbers = syscall["arch"] == "40000003" ? ["277", "278"] : ["240", "241"]
    return syscall["syscall"].map(numbers.contains) ?? false
  }

  /// The events of a log, in its order. A line that is no audit record is an error.
  public static func read(_ log: URL) throws -> [AuditEvent] {
    guard FileManager.default.fileExists(atPath: log.path) else { return [] }
    let bytes = [UInt8](try Data(contentsOf: log))
    var events: [AuditEvent] = []
    var index: [String: Int] = [:]
    // By bytes: what a program has the audit write may have any character, and CR LF is one.
    for line in bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
      guard let head = Head(line) else {
        throw SupportError("\(log.path): no audit record: \(String(decoding: line, as: UTF8.self))")
      }
      let record = Record(type: head.type, text: String(decoding: line[head.end...], as: UTF8.self))
      let text = String(decoding: line, as: UTF8.self)
      if let known = index[head.stamp] {
        events[known].records.append(record)
        events[known].lines.append(text)
      } else {
        index[head.stamp] = events.count
        events.append(AuditEvent(lines: [text], records: [record], serial: head.serial))
      }
    }
    return events
  }

  /// What every record begins with: type=TYPE msg=audit(SECONDS.mmm:SERIAL):
  private struct Head {
    let type: String
    /// Time and serial number, by which an event is known.
    let stamp: String
    let serial: UInt64
    /// Where the record's text begins.
    let end: Int

    /// nil if a line is none. By hand: there are millions of them.
    init?(_ line: ArraySlice<UInt8>) {
      guard line.starts(with: "type=".utf8),
        let space = line.firstIndex(of: UInt8(ascii: " ")), space > line.startIndex + 5,
        line[space...].starts(with: " msg=audit(".utf8),
        let bracket = line[space...].firstIndex(of: UInt8(ascii: ")")),
        line[bracket...].starts(with: "):".utf8)
      else { return nil }
      let told = line[(space + 11)..<bracket]
      let parts = told.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count == 2, let serial = UInt64(String(decoding: parts[1], as: UTF8.self)),
        case let time = parts[0].split(
          separator: UInt8(ascii: "."), omittingEmptySubsequences: false), time.count == 2,
        UInt64(String(decoding: time[0], as: UTF8.self)) != nil, time[1].count == 3,
        UInt64(String(decoding: time[1], as: UTF8.self)) != nil
      else { return nil }
      type = String(decoding: line[(line.startIndex + 5)..<space], as: UTF8.self)
      stamp = String(decoding: told, as: UTF8.self)
      self.serial = serial
      let rest = bracket + 2
      end = rest < line.endIndex && line[rest] == UInt8(ascii: " ") ? rest + 1 : rest
    }
  }

  /// Writes events as a log.
  public static func write(_ events: [AuditEvent], to log: URL) throws {
    let text = events.flatMap(\.lines).map { $0 + "\n" }.joined()
    try text.write(to: log, atomically: true, encoding: .utf8)
  }
}

extension AuditEvent {
  /// The same event with its lines changed, or left out where there is nil.
  public func keeping(_ change: (String) -> String?) -> AuditEvent {
    var event = self
    event.lines = lines.compactMap(change)
    event.records = event.lines.compactMap { line in
      line.wholeMatch(of: /type=(\S+) msg=audit\([^)]*\): ?(.*)/).map {
        Record(type: String($0.1), text: String($0.2))
      }
    }
    return event
  }
}

extension [AuditEvent] {
  /// Sorted by what they say: threads of one process are told by nothing else, and two logs may have them in
  /// another order.
  public var inOrderOfText: [AuditEvent] { sorted { $0.text < $1.text } }
}
