import AuditRules
import CAuparse
import Glibc

/// What a person wants to know of an event, in one line.
struct TailSummary: Equatable {
  /// `comm[pid]` of whoever did it.
  var subject: String?
  /// The syscall's name; for what is no syscall the type of the record.
  var action: String
  /// The value or the errno's name.
  var result: String?
  /// The command, the paths, the address or the process it was done to.
  var object: String?
  var keys: [String]

  init(_ event: TailEvent) {
    keys = event.keys
    guard let record = event.record("SYSCALL") else {
      if let request = event.record("URINGOP") {
        subject = "[\(request.plain("pid") ?? "?")]"
        action = "io_uring " + Self.operation(request)
        result = Self.result(request)
        object = Self.object(event)
        return
      }
      let first = event.records[0]
      action = first.type
      object = first.text.isEmpty ? nil : first.text
      return
    }
    let comm = record.decoded("comm") ?? "?"
    subject = "\(comm)[\(record.plain("pid") ?? "?")]"
    action = Self.syscall(record)
    result = Self.result(record)
    object = Self.object(event)
  }

  /// The line without time and label.
  var line: String {
    var words: [String] = []
    if let subject { words.append(escaped(subject)) }
    words.append(escaped(action))
    if let result { words.append("= " + escaped(result)) }
    if let object { words.append(escaped(object)) }
    if !keys.isEmpty { words.append("key=" + escaped(keys.joined(separator: ","))) }
    return words.joined(separator: " ")
  }

  static func syscall(_ record: TailRecord) -> String {
    let number = record.plain("syscall") ?? "?"
    guard let value = Int32(number), let arch = record.plain("arch"),
      let elf = UInt32(arch, radix: 16)
    else { return number }
    let machine = audit_elf_to_machine(elf)
    guard machine >= 0, let name = audit_syscall_to_name(value, machine) else {
      return "syscall \(number)"
    }
    return String(cString: name)
  }

  /// What io_uring was asked for.
  private static func operation(_ record: TailRecord) -> String {
    let number = record.plain("uring_op") ?? "?"
    return Int(number).flatMap { RingOperation($0).name } ?? number
  }

  private static func result(_ record: TailRecord) -> String? {
    guard let value = record.plain("exit") else { return nil }
    guard let number = Int32(value), record.plain("success") == "no",
      let name = audit_errno_to_name(-number)
    else { return value }
    return String(cString: name)
  }

  private static func object(_ event: TailEvent) -> String? {
    if let command = event.record("EXECVE") {
      return arguments(command).map(shellWord).joined(separator: " ")
    }
    if let address = event.record("SOCKADDR")?.plain("saddr") { return socketAddress(address) }
    let paths = event.records.filter { $0.type == "PATH" && $0.plain("nametype") != "PARENT" }
      .compactMap { $0.decoded("name") }
    if !paths.isEmpty { return paths.map(shellWord).joined(separator: " ") }
    let targets = event.records.filter { $0.type == "OBJ_PID" }
      .map { "\($0.decoded("ocomm") ?? "?")[\($0.plain("opid") ?? "?")]" }
    return targets.isEmpty ? nil : targets.joined(separator: " ")
  }

  /// The command's arguments; a long one comes in pieces `a1[0]`, `a1[1]`.
  static func arguments(_ record: TailRecord) -> [String] {
    var result: [String] = []
    var piece: (argument: Substring, bytes: [UInt8])?
    for field in record.fields where isArgument(field.name) {
      let argument = field.name.prefix { $0 != "[" }
      if field.name.contains("["), piece?.argument == argument {
        piece?.bytes += field.bytes
        continue
      }
      if let piece { result.append(String(decoding: piece.bytes, as: UTF8.self)) }
      piece = (argument, field.bytes)
    }
    if let piece { result.append(String(decoding: piece.bytes, as: UTF8.self)) }
    return result
  }

  /// `a0`, `a1[2]`, but neither `argc` nor `a1_len`.
  private static func isArgument(_ name: String) -> Bool {
    guard name.first == "a" else { return false }
    let digits = name.dropFirst().prefix { $0 != "[" }
    return !digits.isEmpty && digits.allSatisfy(\.isWholeNumber)
  }

  private static func shellWord(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      byte >= 0x80 || isalnum(Int32(byte)) != 0 || "%+,-./:=@_".utf8.contains(byte)
    }
    if isPlain && !text.isEmpty { return text }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}
