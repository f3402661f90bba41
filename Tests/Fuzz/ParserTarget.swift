import AuditRules

/// Rule files: whatever the text, there is a ruleset or an error with its line, and what `auditctl -l` would
/// print of a rule is read as that rule.
struct ParserTarget: Target {
  static let name = "parser"
  private static let file = "audit.rules"

  private let seed: UInt64

  init(seed: UInt64) {
    self.seed = seed
    RuleFile.learnKernelFeatures()
  }

  mutating func input(_ number: UInt64) -> [UInt8] {
    var random = Random(seed: seed, number: number)
    return random.once(in: 32) ? random.bytes(random.length(upTo: 4096)) : Self.lines(&random)
  }

  private static func lines(_ random: inout Random) -> [UInt8] {
    var text: [UInt8] = []
    // So that what is wrong does not hide what comes after it.
    if random.once(in: 4) { text += Array("-i\n".utf8) }
    for _ in 0...random.below(4) {
      var line = Array(
        (random.once(in: 2) ? RuleGrammar.line(&random) : random.one(of: Corpus.lines)).utf8)
      if random.once(in: 2) { TextMutator.mutate(&line, &random) }
      text += line
      text.append(UInt8(ascii: "\n"))
    }
    if random.once(in: 16) { TextMutator.mutate(&text, &random) }
    return text
  }

  func description(of input: [UInt8]) -> [UInt8] { input }

  mutating func check(_ input: [UInt8]) throws(Finding) {
    let text = String(decoding: input, as: UTF8.self)
    let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    let ruleset: Ruleset
    do {
      ruleset = try RuleFile.parse(text, file: Self.file)
    } catch {
      return try Self.check(error, lines: lines)
    }
    for warning in ruleset.warnings { try Self.check(warning, lines: lines) }
    for rule in ruleset.rules { try Self.checkListing(of: rule) }
  }

  private static func check(_ error: RuleError, lines: Int) throws(Finding) {
    try Finding.unless(
      error.file == file && (1...lines).contains(error.line), "no such line: \(error)")
    try Finding.unless(
      !error.reason.isEmpty && !error.description.utf8.contains(UInt8(ascii: "\n")),
      "no line of its own: \(error)")
  }

  private static func checkListing(of rule: Rule) throws(Finding) {
    guard Listing.tellsAll(of: rule) else { return }
    let text = rule.text
    let again: Ruleset
    do {
      again = try RuleFile.parse(text, file: file)
    } catch {
      throw Finding("what is printed is refused: \(text): \(error)")
    }
    try Finding.unless(
      again.rules.count == 1 && again.rules[0].isSame(as: Listing.asPrinted(rule)),
      "what is printed is another rule: \(text)\n\(rule.fields)\n\(again.rules.map(\.fields))")
  }
}
