/// One JSON object a line for an event: what the readable line says, and every record's fields.
enum EventJSON {
  /// Fields whose unquoted value is hexadecimal (lib/audit.c, audit_log_n_untrustedstring).
  private static let untrusted: Set<String> = [
    "comm", "exe", "name", "cwd", "proctitle", "key", "ocomm", "path", "dir", "tty", "cmd", "data",
    "cgroup",
  ]

  static func text(of event: TailEvent, daemon: String) -> String {
    let stamp = event.stamp
    let summary = TailSummary(event)
    var object = JSONObject()
    object.add("daemon", daemon)
    object.add("time", universalTime(stamp.seconds, stamp.milliseconds))
    object.add("serial", number: String(stamp.serial))
    if let call = event.record("SYSCALL") {
      object.add("type", "SYSCALL")
      object.add("syscall", summary.action)
      if let success = call.plain("success") { object.add("success", flag: success == "yes") }
      if let exit = call.plain("exit").flatMap({ Int64($0) }) {
        object.add("exit", number: String(exit))
      }
      if let result = summary.result { object.add("result", result) }
      if let pid = call.plain("pid").flatMap({ UInt32($0) }) {
        object.add("pid", number: String(pid))
      }
      if let comm = call.decoded("comm") { object.add("comm", comm) }
      if let exe = call.decoded("exe") { object.add("exe", exe) }
    } else {
      object.add("type", summary.action)
    }
    if let command = event.record("EXECVE") {
      object.add("argv", list: TailSummary.arguments(command).map(JSONObject.quoted))
    }
    if let what = summary.object { object.add("what", what) }
    object.add("keys", list: summary.keys.map(JSONObject.quoted))
    object.add("records", list: event.records.map(record))
    return object.text
  }

  private static func record(_ record: TailRecord) -> String {
    var object = JSONObject()
    object.add("type", record.type)
    var seen: Set<String> = ["type"]
    for field in record.fields where seen.insert(field.name).inserted {
      let isEncoded =
        untrusted.contains(field.name)
        || record.type == "EXECVE" && field.name != "argc"
          && !field.name.hasSuffix("_len")
      let value = isEncoded ? field.decoded : field.plain
      if let value { object.add(field.name, value) } else { object.addNull(field.name) }
    }
    for field in record.interpretations where seen.insert(field.name).inserted {
      let isID = field.name != "ARCH" && field.name != "SYSCALL"
      object.add(field.name, (isID ? field.decoded : nil) ?? field.plain)
    }
    return object.text
  }
}

/// A JSON object whose members keep their order (RFC 8259).
struct JSONObject {
  private var members: [String] = []

  var text: String { "{" + members.joined(separator: ",") + "}" }

  mutating func add(_ name: String, _ value: String) { add(name, encoded: Self.quoted(value)) }
  mutating func add(_ name: String, number: String) { add(name, encoded: number) }
  mutating func add(_ name: String, flag: Bool) { add(name, encoded: flag ? "true" : "false") }
  mutating func addNull(_ name: String) { add(name, encoded: "null") }

  /// - Parameter values: JSON text each.
  mutating func add(_ name: String, list values: [String]) {
    add(name, encoded: "[" + values.joined(separator: ",") + "]")
  }

  private mutating func add(_ name: String, encoded value: String) {
    members.append(Self.quoted(name) + ":" + value)
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
