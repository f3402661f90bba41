import CLibAudit
import Glibc
import Synchronization

/// A rule while libaudit reads its options: `struct audit_rule_data`, and what libaudit keeps beside it.
final class LibauditRule {
  private let place: Rule.Place
  private var data: UnsafeMutablePointer<audit_rule_data>?

  init(place: Rule.Place) throws(RuleError) {
    self.place = place
    set_aumessage_mode(MSG_QUIET, DBG_NO)
    nestaudit_rule_begin()
    data = audit_rule_create_data()
    guard data != nil else { throw failure("no memory") }
  }

  func free() {
    audit_rule_free_data(data)
    data = nil
  }

  private func failure(_ reason: String) -> RuleError {
    RuleError(file: place.file, line: place.line, reason: reason)
  }

  var namesSyscalls: Bool { nestaudit_rule_names_syscalls() != 0 }
  var takesKey: Bool { nestaudit_rule_takes_key() != 0 }
  var fieldCount: Int { Int(data?.pointee.field_count ?? 0) }

  /// -S: names and numbers, with commas between, or "all".
  /// - Returns: whether no arch was given and i386 would have meant other numbers.
  func addSyscalls(_ list: String) throws(RuleError) -> Bool {
    let isGuess = nestaudit_rule_has_arch() == 0
    let names = list.split(separator: ",").map(String.init)
    for name in names {
      switch nestaudit_rule_add_syscall(data, name) {
      case 0: break
      case -1: throw failure("syscall name unknown: \(name)")
      case -2: throw failure("the arch is not known")
      default: throw failure("syscall \(name) is refused: it is no number from 0 to 2015")
      }
    }
    nestaudit_rule_set_names_syscalls()
    guard isGuess else { return false }
    var copies = names.map { strdup($0) } + [nil]
    defer { for copy in copies { Glibc.free(copy) } }
    return nestaudit_rule_differs_for_i386(data, &copies) != 0
  }

  /// -S on the list io_uring: its operations by name and number, with commas between, or "all".
  func addOperations(_ list: String) throws(RuleError) {
    for name in list.split(separator: ",").map(String.init) {
      let isNumber = name.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      let number = RingOperation(name: name).map { String($0.number) }
      guard let text = number ?? (isNumber == true || name == "all" ? name : nil) else {
        throw failure("io_uring has no operation \(name) that can be audited")
      }
      // To libaudit a number is a syscall's.
      guard nestaudit_rule_add_syscall(data, text) == 0 else {
        throw failure("operation \(name) is refused: it is no number from 0 to 2015")
      }
    }
    nestaudit_rule_set_names_syscalls()
  }

  /// -F: libaudit's own check of field, operator and value.
  func addField(_ pair: String, filter: RuleList) throws(RuleError) {
    let result = pair.withCString {
      audit_rule_fieldpair_data(&data, $0, Int32(bitPattern: filter.rawValue))
    }
    if result != 0 { throw failure(Self.reason(result, pair, "-F")) }
    if lastField == AuditField.permission { nestaudit_rule_set_permissions() }
  }

  /// -C: two fields of the same event.
  func addComparison(_ pair: String, filter: RuleList) throws(RuleError) {
    let result = pair.withCString {
      audit_rule_interfield_comp_data(&data, $0, Int32(bitPattern: filter.rawValue))
    }
    if result != 0 { throw failure(Self.reason(result, pair, "-C")) }
  }

  func addKey(_ key: [UInt8], filter: RuleList) throws(RuleError) {
    try addField("key=" + String(decoding: key, as: UTF8.self), filter: filter)
  }

  /// -w: what is at the path, a file or a directory, is settled where the rule is put to use.
  func addWatch(_ path: String) throws(RuleError) {
    if audit_add_watch_dir(Int32(AUDIT_WATCH), &data, path) != 0 {
      throw failure("the watch on '\(path)' is refused")
    }
    nestaudit_rule_set_names_syscalls()
  }

  /// -p
  func setPermissions(_ text: String) throws(RuleError) {
    guard text.utf8.count <= 4 else { throw failure("permission \(text) is too long") }
    var mask: Int32 = 0
    for letter in text.lowercased() {
      guard let index = "xwra".firstIndex(of: letter) else {
        throw failure("permission \(letter) isn't supported; use r, w, x, a")
      }
      mask |= 1 << Int32("xwra".distance(from: "xwra".startIndex, to: index))
    }
    guard audit_update_watch_perms(data, mask) == 0 else {
      throw failure("permissions should be preceded by other fields")
    }
    nestaudit_rule_set_permissions()
  }

  private var lastField: Int32? {
    guard let data, fieldCount > 0 else { return nil }
    return Self.array(data.pointee.fields, fieldCount).last.map { Int32(bitPattern: $0) }
  }

  /// Stands for the condition in `wording`.
  private static let placeholder = "\u{1}"

  /// What libaudit says of each of its errors. It only prints it, to what is everybody's standard error: therefore all
  /// is asked for once, before there are other threads.
  private static let wording: [Int32: String] = {
    var wording: [Int32: String] = [:]
    for code in -64 ... -1 as ClosedRange<Int32> {
      var text = [CChar](repeating: 0, count: 512)
      nestaudit_error_text(code, placeholder, &text, Int32(text.count))
      let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
      let words = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      if !words.isEmpty { wording[code] = words }
    }
    return wording
  }()

  /// Has what libaudit prints read, before anybody else writes to standard error.
  static func learnWording() { _ = wording }

  /// libaudit keeps what it has seen of a rule in variables of its own.
  static let lock = Mutex<Void>(())

  private static func reason(_ result: Int32, _ pair: String, _ option: String) -> String {
    if let words = wording[result] { return words.replacing(placeholder, with: pair) }
    let names = pair.contains("gid") ? "group" : "user"
    return "\(option) \(pair): unknown \(names), or refused"
  }

  // MARK: What libaudit made of it

  func rule(
    list: RuleList, action: RuleAction, isWatch: Bool,
    contids: [(before: Int, field: Rule.Field)]
  ) throws(RuleError) -> Rule {
    guard let data else { throw failure("no rule") }
    var result: [Rule.Field] = []
    var strings = UnsafeRawPointer(nestaudit_rule_strings(data)!)
    let fields = Self.array(data.pointee.fields, fieldCount)
    let values = Self.array(data.pointee.values, fieldCount)
    let operators = Self.array(data.pointee.fieldflags, fieldCount)

    for index in fields.indices {
      result += contids.filter { $0.before == index }.map(\.field)
      let type = Int32(bitPattern: fields[index])
      guard let operation = Rule.Operator(rawValue: operators[index]) else {
        throw failure("the operator of \(AuditField.name(type)) is not known")
      }
      var string: [UInt8]?
      if AuditField.isString(type) {
        string = Array(UnsafeRawBufferPointer(start: strings, count: Int(values[index])))
        strings += Int(values[index])
      }
      result.append(
        Rule.Field(type: type, operation: operation, value: values[index], string: string))
    }
    result += contids.filter { $0.before >= fields.count }.map(\.field)
    return Rule(
      list: list, action: action,
      syscalls: SyscallClasses.expand(Self.array(data.pointee.mask, Int(AUDIT_BITMASK_SIZE))),
      fields: result, place: place, isWatch: isWatch)
  }

  private static func array<Tuple>(_ tuple: Tuple, _ count: Int) -> [UInt32] {
    withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: UInt32.self).prefix(count)) }
  }
}
