import CLibAudit

/// A rule as `auditctl -l` prints it (auditctl-listing.c, print_rule), to the letter.
extension Rule {
  /// In the order in which the kernel gives its rules back: list by list.
  /// - Parameter key: only rules in whose key this stands (auditctl-listing.c, key_match); nil for all.
  public static func listing(_ rules: [Rule], key: [UInt8]? = nil) -> [String] {
    let wanted = key.map { key in rules.filter { $0.isNamed(by: key) } } ?? rules
    return RuleList.allCases.flatMap { list in wanted.filter { $0.list == list }.map(\.text) }
  }

  /// One line.
  public var text: String {
    let isWatch = isPrintedAsWatch
    var text = ""
    if !isWatch {
      text += "-a \(action == .always ? "always" : "never"),\(list.name)"
      for field in fields where field.type == AUDIT_ARCH {
        text += " -F arch\(field.operation.symbol)\(Self.archName(field.value))"
      }
      if let syscalls = syscallText { text += " -S \(syscalls)" }
    }
    for field in fields where field.type != AUDIT_ARCH {
      for word in texts(of: field, isWatch) {
        // auditctl puts no blank before -w, also where perm comes first.
        text += word.hasPrefix("-w") ? word : " " + word
      }
    }
    return text
  }

  private var takesSyscalls: Bool {
    ![.user, .task, .exclude, .filesystem].contains(list)
  }

  private var namesAll: Bool { syscalls.dropLast().allSatisfy { $0 == .max } }

  /// All syscalls, and of perm, key, dir and path alone.
  private var isPrintedAsWatch: Bool {
    let types = fields.map(\.type)
    let allowed = [
      AuditField.permission, AuditField.key, AuditField.directory, AuditField.path,
    ]
    return types.allSatisfy(allowed.contains) && types.contains(AuditField.permission)
      && (!takesSyscalls || namesAll)
  }

  static func archName(_ value: UInt32) -> String {
    guard audit_elf_to_machine(value) >= 0 else { return "0x" + Self.hex(value) }
    return value & 0x8000_0000 != 0 ? "b64" : "b32"
  }

  private static func hex(_ value: UInt32) -> String {
    String(value, radix: 16, uppercase: true)
  }

  private var syscallText: String? {
    guard takesSyscalls else { return nil }
    if namesAll { return "all" }
    let arch = fields.last { $0.type == AUDIT_ARCH }?.value
    let machine = arch.map { audit_elf_to_machine($0) } ?? audit_detect_machine()
    let names = (0..<syscalls.count * 32).filter(names).map { number in
      if list == .ioUring { return RingOperation(number).name ?? String(number) }
      let name = machine < 0 ? nil : audit_syscall_to_name(Int32(number), machine)
      return name.map { String(cString: $0) } ?? String(number)
    }
    return names.isEmpty ? nil : names.joined(separator: ",")
  }

  /// A condition in auditctl's words, `-F` included; for several keys several.
  func texts(of field: Field, _ isWatch: Bool) -> [String] {
    let name = AuditField.name(field.type)
    let string = String(decoding: field.string ?? [], as: UTF8.self)
    let start = "-F \(name)\(field.operation.symbol)"
    let signed = Int32(bitPattern: field.value)
    switch field.type {
    case AUDIT_MSGTYPE:
      return [start + (Self.known(audit_msg_type_to_name(signed)) ?? "\(signed)")]
    case _ where AuditField.isLabel(field.type): return [start + string]
    case AuditField.path, AuditField.directory:
      return [isWatch ? "-w \(string)" : "-F \(name)=\(string)"]
    case AuditField.executable: return ["-F exe=\(string)"]
    case AuditField.key:
      let keys = (field.string ?? []).split(separator: 1).map {
        String(decoding: $0, as: UTF8.self)
      }
      return keys.map { isWatch ? "-k \($0)" : "-F key=\($0)" }
    case AuditField.permission:
      let letters = [(4, "r"), (2, "w"), (1, "x"), (8, "a")].filter { field.value & $0.0 != 0 }
      let mask = letters.map(\.1).joined()
      return [isWatch ? "-p \(mask)" : "-F perm=\(mask)"]
    case AUDIT_INODE: return [start + "\(field.value)"]
    case AUDIT_FIELD_COMPARE: return Self.comparison(field).map { ["-C " + $0] } ?? []
    case AUDIT_ARG0...AUDIT_ARG3: return [start + "0x" + Self.hex(field.value)]
    case AUDIT_EXIT:
      let number = Int32(truncatingIfNeeded: Int64(signed).magnitude)
      if signed < 0, let errno = Self.known(audit_errno_to_name(number)) {
        return [start + "-" + errno]
      }
      return [start + "\(signed)"]
    case AUDIT_FSTYPE:
      return [start + (Self.known(audit_fstype_to_name(signed)) ?? "\(signed)")]
    case Field.contid:
      return [start + (field.contid == .max ? "unset" : "\(field.contid)")]
    default: return [start + "\(signed)"]
    }
  }

  private static func known(_ name: UnsafePointer<CChar>?) -> String? {
    name.map { String(cString: $0) }
  }

  /// What -C compares, by its number.
  private static func comparison(_ field: Field) -> String? {
    FieldComparison(rawValue: field.value).map {
      "\($0.names.0)\(field.operation.symbol)\($0.names.1)"
    }
  }
}
