import AuditRules
import CAuparse
import Glibc

/// What a log's records tell rules.
extension RecordedEvent {
  /// - Parameter isOwn: the event is from the daemon's own container, so that its paths are those of the rules.
  init(_ event: TailEvent, isOwn: Bool) throws {
    let records = event.records
    guard let call = records.first(where: { $0.type == "SYSCALL" }) else {
      if records.contains(where: { $0.type == "URINGOP" }) {
        throw Failure(
          "event \(event.stamp.serial) is a request of io_uring; the rules of that list are not "
            + "explained yet, 'nestaudit rules list' shows them")
      }
      let types = Set(event.records.map(\.type)).sorted().joined(separator: ", ")
      throw Failure(
        "event \(event.stamp.serial) is no syscall (\(types)), so no rule was asked about it; give "
          + "one with a SYSCALL record")
    }
    func need<Value>(_ field: String, _ make: (String) -> Value?) throws -> Value {
      if let text = call.plain(field), let value = make(text) { return value }
      throw Failure(
        "event \(event.stamp.serial): its SYSCALL record has no usable \(field)=; give the lines "
          + "whole, as 'nestaudit tail --raw' and 'ausearch --raw' print them")
    }
    self.init(
      arch: try need("arch") { UInt32($0, radix: 16) }, syscall: try need("syscall") { Int32($0) })
    if call.field("exit") != nil { result = try need("exit") { Int64($0) } }
    arguments = (0..<4).map { call.plain("a\($0)").flatMap { UInt64($0, radix: 16) } }
    setNumbers(call)
    if let key = call.field("key") { self.key = .some(key.isNull ? nil : key.bytes) }
    if isOwn { executable = call.decoded("exe") }
    for record in records {
      switch record.type {
      case "CONTAINER_ID": contids = Self.contids(record)
      case "SOCKADDR": addressFamily = record.field("saddr").flatMap { Self.family($0.bytes) }
      case "OPENAT2":
        openFlags = record.plain("oflag").flatMap { UInt64($0, radix: 8) }
      default: break
      }
    }
    let base = Self.base(
      arch, syscall, arguments, cwd: records.first { $0.type == "CWD" }?.field("cwd")?.bytes)
    let items = try need("items") { UInt8($0) }
    names = Array(repeating: nil, count: Int(items))
    for record in records where record.type == "PATH" {
      guard let item = record.plain("item").flatMap({ Int($0) }), names.indices.contains(item)
      else { continue }
      names[item] = RecordedName(record, base: base, isOwn: isOwn)
    }
  }

  private mutating func setNumbers(_ call: TailRecord) {
    let fields = [
      "pid", "ppid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid", "auid",
    ]
    for (field, name) in fields.map({ ($0, $0) }) + [("ses", "sessionid")] {
      guard let text = call.plain(field) else { continue }
      numbers[name] = UInt32(text) ?? Int32(text).map { UInt32(bitPattern: $0) }
    }
    // kernel/auditsc.c, audit_log_exit: it is left out when it is 0.
    numbers["pers"] = call.plain("per").map { UInt32($0, radix: 16) } ?? 0
  }

  static func contids(_ record: TailRecord) -> [UInt64] {
    (record.plain("contid") ?? "").split(separator: ",").compactMap {
      UInt64($0.hasPrefix("^") ? $0.dropFirst() : $0)
    }
  }

  private static func family(_ address: [UInt8]) -> UInt16? {
    guard let low = address.first else { return nil }
    return address.count > 1 ? UInt16(low) | UInt16(address[1]) << 8 : UInt16(low)
  }

  /// Syscalls whose names begin at a descriptor's directory, and which arguments are such descriptors; of all
  /// others that end in "at" or "at2" it is the first.
  private static let descriptors: [String: [Int]] = [
    "renameat": [0, 2], "renameat2": [0, 2], "linkat": [0, 2], "symlinkat": [1],
    "move_mount": [0, 2], "faccessat2": [0], "statx": [0], "utimensat_time64": [0],
    "open_tree": [0], "fspick": [0], "name_to_handle_at": [0], "mount_setattr": [0],
    "newfstatat": [0], "fstatat64": [0],
  ]

  /// The directory that relative names begin at; nil if the records do not tell.
  private static func base(
    _ arch: UInt32, _ syscall: Int32, _ arguments: [UInt64?], cwd: [UInt8]?
  ) -> [UInt8]? {
    let machine = audit_elf_to_machine(arch)
    guard machine >= 0, let text = audit_syscall_to_name(syscall, machine) else { return nil }
    let name = String(cString: text)
    let isAt = name.hasSuffix("at") && !name.hasSuffix("stat") || name.hasSuffix("at2")
    for place in descriptors[name] ?? (isAt ? [0] : []) {
      guard let argument = arguments[place],
        Int32(truncatingIfNeeded: argument) == AT_FDCWD
      else { return nil }
    }
    return cwd
  }
}

extension RecordedName {
  fileprivate init(_ record: TailRecord, base: [UInt8]?, isOwn: Bool) {
    let field = record.field("name")
    let name = field.flatMap { $0.isNull ? nil : $0.bytes }
    let text: Text
    switch name {
    // What led nowhere has no name for the rules either.
    case _ where !isOwn || record.plain("nametype") == "UNKNOWN": text = .none
    case nil: text = .none
    case let name?:
      if let base {
        text = .path(Self.absolute(name, base: base))
      } else {
        text =
          name.first == UInt8(ascii: "/") ? .path(Self.absolute(name, base: [])) : .untold
      }
    }
    self.init(shown: field?.decoded ?? "(null)", text: text, object: Object(record))
  }
}

extension RecordedName.Object {
  fileprivate init?(_ record: TailRecord) {
    func number(_ field: String, _ radix: Int) -> UInt32? {
      record.plain(field).flatMap { UInt32($0, radix: radix) }
    }
    guard let ino = record.plain("inode").flatMap({ UInt64($0) }),
      let dev = record.plain("dev").flatMap(Self.device)
    else { return nil }
    self.init(
      dev: dev, ino: ino, rdev: record.plain("rdev").flatMap(Self.device) ?? 0,
      mode: number("mode", 8) ?? 0, uid: number("ouid", 10) ?? 0, gid: number("ogid", 10) ?? 0)
  }

  private static func device(_ text: String) -> UInt32? {
    let parts = text.split(separator: ":").compactMap { UInt32($0, radix: 16) }
    guard parts.count == 2, parts[0] < 1 << 12, parts[1] < 1 << 20 else { return nil }
    return parts[0] << 20 | parts[1]
  }
}

extension TailRecord.Field {
  /// `(null)`, which is no text that was logged.
  fileprivate var isNull: Bool { !isQuoted && plain == "(null)" }
}
