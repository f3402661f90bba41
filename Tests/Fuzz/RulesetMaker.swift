import CLibAudit

@testable import AuditRules

/// Rulesets of 1 to 30 rules that the kernel would take.
///
/// Made without text, which takes most of the time; now and then from text, which knows what these do not.
enum RulesetMaker {
  static func ruleset(_ random: inout Random) -> Ruleset {
    if random.once(in: 16) {
      let lines = (0...random.below(30)).map { _ in RuleGrammar.line(&random) }
      // With -i no line is refused for good, and with no -e 2 none is locked.
      let text = (["-i"] + lines.filter { !$0.hasPrefix("-e") }).joined(separator: "\n")
      if let ruleset = try? RuleFile.parse(text, file: "audit.rules") { return ruleset }
    }
    var ruleset = Ruleset()
    for line in 1...(1 + random.below(30)) {
      let rule = rule(line: line, &random)
      guard (try? rule.checkAsKernel()) != nil else { continue }
      try? ruleset.append(rule)
    }
    return ruleset
  }

  private static let lists: [RuleList] = [
    .exit, .exit, .exit, .exit, .exit, .exit, .exit, .exit, .task, .exclude, .filesystem, .user,
    .ioUring,
  ]

  private static func rule(line: Int, _ random: inout Random) -> Rule {
    let list = random.one(of: lists)
    let isWatch = list == .exit && random.once(in: 8)
    var fields: [Rule.Field] = []
    if isWatch {
      let path = random.one(of: Array(Values.paths.dropFirst()))
      fields.append(
        Rule.Field(
          type: AuditField.path, operation: .equal, value: UInt32(path.count), string: path))
      fields.append(
        Rule.Field(
          type: AuditField.permission, operation: .equal, value: UInt32(1 + random.below(15))))
    }
    for _ in 0..<count(&random) { add(FieldMaker.field(of: list, &random), to: &fields) }
    if random.once(in: 2) {
      let key = Array("key\(random.below(9))".utf8)
      fields.append(
        Rule.Field(type: AuditField.key, operation: .equal, value: UInt32(key.count), string: key))
    }
    return Rule(
      list: list, action: random.once(in: 3) ? .never : .always,
      syscalls: list == .task ? [UInt32](repeating: 0, count: 64) : syscalls(isWatch, &random),
      fields: fields, place: .init(file: "audit.rules", line: line), isWatch: isWatch)
  }

  /// The kernel takes 64 fields, of which one is the key.
  private static func count(_ random: inout Random) -> Int {
    random.once(in: 24) ? random.below(62) : random.below(5)
  }

  /// A rule has one exe, and one of inode, path and dir.
  private static func add(_ field: Rule.Field, to fields: inout [Rule.Field]) {
    for group in [
      [AuditField.executable], [AUDIT_INODE, AuditField.path, AuditField.directory],
    ] {
      if group.contains(field.type), fields.contains(where: { group.contains($0.type) }) { return }
    }
    fields.append(field)
  }

  private static func syscalls(_ isWatch: Bool, _ random: inout Random) -> [UInt32] {
    var mask = [UInt32](repeating: 0, count: 64)
    switch isWatch ? 0 : random.below(8) {
    case 0:
      // The last bits stand for classes of syscalls.
      mask = [UInt32](repeating: .max, count: 63) + [0xffff]
    case 1: for word in 0..<63 { mask[word] = UInt32(truncatingIfNeeded: random.next()) }
    default:
      for _ in 0...random.below(6) {
        let number = Int(random.one(of: Values.syscalls))
        if (0..<2016).contains(number) { mask[number / 32] |= 1 << UInt32(number % 32) }
      }
    }
    return mask
  }
}
