import CLibAudit
import CNestaudit
import Glibc

/// A rule while libaudit reads its options: `struct audit_rule_data`, and what libaudit keeps beside it.
final class LibauditRule {
  private let line: RuleLine
  private var data: UnsafeMutablePointer<audit_rule_data>?

  init(line: RuleLine) throws(RuleError) {
    self.line = line
    set_aumessage_mode(MSG_QUIET, DBG_NO)
    nestaudit_rule_begin()
    data = audit_rule_create_data()
    guard data != nil else { throw line.failure("no memory") }
  }

  func free() {
    audit_rule_free_data(data)
    data = nil
  }

  var namesSyscalls: Bool { nestaudit_rule_names_syscalls() != 0 }

  /// -S: names and numbers, with commas between, or "all".
  func addSyscalls(_ list: String) throws(RuleError) {
    for name in list.split(separator: ",").map(String.init) {
      switch nestaudit_rule_add_syscall(data, name) {
      case 0: break
      case -1: throw line.failure("syscall '\(name)' is not known for this arch")
      case -2: throw line.failure("the arch is not known")
      default: throw line.failure("-S \(name) is refused")
      }
    }
    if list.isEmpty { throw line.failure("-S needs a syscall") }
  }

  /// -F: libaudit's own check of field, operator and value.
  func addField(_ pair: String, filter: Int32) throws(RuleError) {
    let result = pair.withCString { audit_rule_fieldpair_data(&data, $0, filter) }
    if result != 0 { throw line.failure(Self.reason(result, pair)) }
  }

  func addWatch(_ path: String) throws(RuleError) {
    let result = audit_add_watch_dir(Int32(AUDIT_WATCH), &data, path)
    if result != 0 { throw line.failure("the watch on '\(path)' is refused") }
  }

  func setPermissions(_ mask: UInt32) throws(RuleError) {
    if audit_update_watch_perms(data, Int32(mask)) != 0 {
      throw line.failure("-p goes with -w, once")
    }
  }

  /// libaudit says what is wrong with a field only by printing it.
  private static func reason(_ result: Int32, _ pair: String) -> String {
    var text = [CChar](repeating: 0, count: 512)
    nestaudit_error_text(result, pair, &text, Int32(text.count))
    let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first ?? ""
    return words.isEmpty ? "-F \(pair) is refused" : String(words)
  }

  // MARK: What libaudit made of it

  /// - Parameter implicitPaths: a watch means what is below its path too.
  func rule(action: UInt32, implicitPaths: Bool) throws(RuleError) -> Rule {
    guard let data else { throw line.failure("no rule") }
    var conditions: [Rule.Condition] = []
    var key: [UInt8]?
    var strings = nestaudit_rule_strings(data)!
    let count = Int(data.pointee.field_count)
    let fields = Self.array(data.pointee.fields, count)
    let values = Self.array(data.pointee.values, count)
    let operators = Self.array(data.pointee.fieldflags, count)

    for index in 0..<count {
      let value = values[index]
      let operation = try Self.operation(operators[index], line)
      func string() -> [UInt8] {
        let bytes = UnsafeRawBufferPointer(start: strings, count: Int(value))
        strings += Int(value)
        return Array(bytes)
      }
      switch Int32(bitPattern: fields[index]) {
      case AUDIT_ARCH: conditions.append(.arch(operation: operation, value: value))
      case AUDIT_PERM: conditions.append(.permission(value))
      case AUDIT_FILTERKEY: key = string()
      case AUDIT_WATCH:
        conditions.append(.path(String(decoding: string(), as: UTF8.self), below: implicitPaths))
      case AUDIT_DIR:
        conditions.append(.path(String(decoding: string(), as: UTF8.self), below: true))
      case let field:
        guard let number = Self.numbers[field] else {
          let name = audit_field_to_name(field).map { String(cString: $0) } ?? "\(field)"
          throw line.failure("field \(name) is not supported yet")
        }
        conditions.append(.number(field: number.rawValue, operation: operation, value: value))
      }
    }
    return Rule(
      action: action, syscalls: Self.array(data.pointee.mask, Int(AUDIT_BITMASK_SIZE)),
      conditions: conditions, key: key, line: line.number)
  }

  private static func array<Tuple>(_ tuple: Tuple, _ count: Int) -> [UInt32] {
    withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: UInt32.self).prefix(count)) }
  }

  private static let numbers: [Int32: rule_field] = [
    AUDIT_PID: RULE_FIELD_PID, AUDIT_PPID: RULE_FIELD_PPID,
    AUDIT_UID: RULE_FIELD_UID, AUDIT_EUID: RULE_FIELD_EUID,
    AUDIT_SUID: RULE_FIELD_SUID, AUDIT_FSUID: RULE_FIELD_FSUID,
    AUDIT_GID: RULE_FIELD_GID, AUDIT_EGID: RULE_FIELD_EGID,
    AUDIT_SGID: RULE_FIELD_SGID, AUDIT_FSGID: RULE_FIELD_FSGID,
    AUDIT_LOGINUID: RULE_FIELD_AUID, AUDIT_SESSIONID: RULE_FIELD_SESSION,
    AUDIT_PERS: RULE_FIELD_PERS, AUDIT_EXIT: RULE_FIELD_EXIT,
    AUDIT_SUCCESS: RULE_FIELD_SUCCESS,
    AUDIT_ARG0: RULE_FIELD_A0, AUDIT_ARG1: RULE_FIELD_A1,
    AUDIT_ARG2: RULE_FIELD_A2, AUDIT_ARG3: RULE_FIELD_A3,
  ]

  private static func operation(_ flags: UInt32, _ line: RuleLine) throws(RuleError) -> UInt32 {
    let operation: rule_operator
    switch flags {
    case 0x4000_0000: operation = RULE_EQUAL
    case 0x3000_0000: operation = RULE_NOT_EQUAL
    case 0x1000_0000: operation = RULE_LESS
    case 0x5000_0000: operation = RULE_LESS_OR_EQUAL
    case 0x2000_0000: operation = RULE_GREATER
    case 0x6000_0000: operation = RULE_GREATER_OR_EQUAL
    case 0x0800_0000: operation = RULE_BIT_MASK
    case 0x4800_0000: operation = RULE_BIT_TEST
    default: throw line.failure("an operator is not known")
    }
    return operation.rawValue
  }
}
