import Glibc

/// How events are printed.
enum TailFormat {
  case summary, raw, interpreted, json
}

/// Prints events in one format.
struct TailPrinter: ~Copyable {
  private let format: TailFormat
  private let labels: TailLabels
  private let hidesControls: Bool
  private let interpreter: AuparseInterpreter?

  init(format: TailFormat, labels: TailLabels) throws {
    self.format = format
    self.labels = labels
    // A file or a pipe gets the log's bytes as they are.
    hidesControls = isatty(STDOUT_FILENO) == 1
    interpreter = format == .interpreted ? try AuparseInterpreter() : nil
  }

  /// Prints the event of the log with the daemon's name `name`.
  func print(_ event: TailEvent, of name: String, to output: inout Output) {
    let label = labels.prefix(for: name)
    switch format {
    case .summary:
      let time = localTime(event.stamp.seconds, event.stamp.milliseconds)
      output.append("\(label)\(time) \(TailSummary(event).line)\n")
    case .raw:
      for record in event.records {
        output.append(label)
        if hidesControls {
          output.append(escaped(String(decoding: record.line, as: UTF8.self)))
        } else {
          output.append(bytes: record.line)
        }
        output.append("\n")
      }
    case .interpreted:
      for line in interpreter?.lines(of: event) ?? [] { output.append("\(label)\(line)\n") }
    case .json:
      output.append(EventJSON.text(of: event, daemon: name) + "\n")
    }
  }
}

/// The `name | ` before the lines when there are several logs.
struct TailLabels {
  private var prefixes: [String: String] = [:]

  init(names: [String], isColored: Bool) {
    guard names.count > 1 else { return }
    let width = names.map(\.count).max() ?? 0
    var free = Set(Color.allCases.map(\.rawValue))
    for name in names where prefixes[name] == nil {
      let padding = String(repeating: " ", count: width - name.count)
      let color = Self.color(for: name, from: &free)
      prefixes[name] = color.paint(escaped(name) + padding + " |", if: isColored) + " "
    }
  }

  func prefix(for name: String) -> String { prefixes[name] ?? "" }

  /// The same name has the same colour every time, unless another one has taken it.
  private static func color(for name: String, from free: inout Set<Int>) -> Color {
    let all = Color.allCases
    // FNV-1a: Swift's own hash differs from run to run.
    let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    let first = Int(hash % UInt32(all.count))
    if free.isEmpty { free = Set(all.map(\.rawValue)) }
    for step in 0..<all.count {
      let color = all[(first + step) % all.count]
      if free.remove(color.rawValue) != nil { return color }
    }
    return all[first]
  }
}

/// `2026-01-31 23:59:59.999` in the machine's time zone.
func localTime(_ seconds: Int64, _ milliseconds: Int) -> String {
  var clock = time_t(seconds)
  var parts = tm()
  localtime_r(&clock, &parts)
  return formatted(parts, "%Y-%m-%d %H:%M:%S") + "." + threeDigits(milliseconds)
}

/// `2026-01-31T23:59:59.999Z`.
func universalTime(_ seconds: Int64, _ milliseconds: Int) -> String {
  var clock = time_t(seconds)
  var parts = tm()
  gmtime_r(&clock, &parts)
  return formatted(parts, "%Y-%m-%dT%H:%M:%S") + "." + threeDigits(milliseconds) + "Z"
}

/// strftime(3).
func formatted(_ parts: tm, _ format: String) -> String {
  var parts = parts
  var buffer = [UInt8](repeating: 0, count: 128)
  let count = buffer.withUnsafeMutableBytes {
    strftime($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count, format, &parts)
  }
  return String(decoding: buffer[..<count], as: UTF8.self)
}

/// A number with zeros before it.
func threeDigits(_ number: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
}
