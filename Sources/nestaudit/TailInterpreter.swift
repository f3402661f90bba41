import CAuparse
import Glibc

/// Prints events as `ausearch -i` does, by the library that ausearch is made of.
final class AuparseInterpreter {
  private let state: OpaquePointer

  init() throws {
    setlocale(LC_ALL, "")
    var nothing: CChar = 0x0a
    guard let state = auparse_init(AUSOURCE_BUFFER, &nothing) else {
      throw Failure("libauparse: \(String(cString: strerror(errno)))")
    }
    auparse_set_escape_mode(state, AUPARSE_ESC_TTY)
    self.state = state
  }

  deinit { auparse_destroy(state) }

  /// A line of dashes, and a line for every record with its fields interpreted.
  func lines(of event: TailEvent) -> [String] {
    let text = event.records.flatMap { $0.line + [UInt8(ascii: "\n")] }
    return text.withUnsafeBytes { bytes in
      let start = bytes.baseAddress!.assumingMemoryBound(to: CChar.self)
      guard auparse_new_buffer(state, start, bytes.count) == 0 else { return [] }
      var lines: [String] = []
      // libauparse may take a CONTAINER_ID before the SYSCALL for an event of its own.
      while auparse_next_event(state) > 0 {
        var hasRecord = auparse_first_record(state) > 0
        while hasRecord {
          lines.append(record(event.stamp))
          hasRecord = auparse_next_record(state) > 0
        }
      }
      // ausearch(8) prints the last record first.
      return ["----"] + lines.reversed()
    }
  }

  private func record(_ stamp: EventStamp) -> String {
    // The field and not auparse_get_type_name(3), which does not know every type by name.
    var type = "UNKNOWN"
    if auparse_find_field(state, "type") != nil, let name = auparse_get_field_str(state) {
      type = String(cString: name)
    }
    var clock = time_t(stamp.seconds)
    var parts = tm()
    localtime_r(&clock, &parts)
    let time = formatted(parts, "%x %T") + "." + threeDigits(stamp.milliseconds)
    var words = ["type=\(type) msg=audit(\(time):\(stamp.serial)) :"]
    guard auparse_first_field(state) > 0 else { return words[0] + " " }
    repeat {
      guard let name = auparse_get_field_name(state).map({ String(cString: $0) }),
        name != "type", name != "node"
      else { continue }
      let value = auparse_interpret_field(state).map { String(cString: $0) } ?? ""
      words.append("\(escaped(name))=\(escaped(value))")
    } while auparse_next_field(state) > 0
    return words.joined(separator: " ") + " "
  }
}
