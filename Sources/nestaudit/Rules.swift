import ArgumentParser
import AuditRules
import Collector
import Control
import FoundationEssentials
import Glibc

/// `nestaudit rules`: what becomes of rules.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Show what becomes of each rule, and why one matched an event or did not.",
    discussion: """
      Every rule is one of
        active           it matches as it would in the kernel's audit
        degraded         it matches less than it would there, and it is said what
        can-never-match  nothing that can happen meets its conditions
        shadowed         an earlier rule matches whatever it would
      """,
    subcommands: [RulesCheckCommand.self, RulesListCommand.self, ExplainCommand.self])
}

/// `nestaudit rules check`: files, before they are used.
struct RulesCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read rule files and judge every rule; change nothing.",
    discussion: """
      Several files are put together as augenrules(8) does. With --for the rules are judged where
      that daemon of the running collector stands: the paths in its container's root, the auid of
      its tasks. Exit status: 0 all lines can be used, 1 one cannot.
      """)

  @Argument(help: ArgumentHelp("Rule files, in auditctl's language.", valueName: "file"))
  var files: [String]

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Judge as for this daemon of the running collector.", valueName: "name"))
  var daemon: String?

  @Flag(name: .long, help: "Print everything as JSON.")
  var json = false

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func run() throws {
    var texts: [(name: String, text: String)] = []
    for file in files { texts.append((file, try CollectorConfiguration.text(of: file))) }
    let ruleset =
      texts.count == 1
      ? try RuleFile.parse(texts[0].text, file: texts[0].name)
      : try RuleFile.parse(RulesDirectory.join(texts))

    var options = RuleOptionsOfScope()
    var surroundings = RuleSurroundings.unknown
    if let daemon {
      let known = try ControlClient.rules(of: daemon, state: collector.state)
      options.unsetAUIDMatches = known.unsetAUIDMatches
      surroundings = RuleSurroundings(
        isAUIDUnset: known.isAUIDUnset, knowsNamedFiles: known.knowsNamedFiles,
        rootProcess: known.rootProcess)
    }
    let compiled = CompiledRuleset(ruleset, options: options)
    let judged = zip(compiled.rules, compiled.standings(in: surroundings)).map(
      RulesReply.Rule.init)
    for warning in ruleset.warnings { complain("\(warning)") }
    try RulesTable(judged).write(json: json, isColored: coloring.color.isOn)
  }
}

/// `nestaudit rules list`: those that a running daemon goes by.
struct RulesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Judge the rules that a daemon goes by now.")

  @Argument(help: ArgumentHelp("A daemon of the running collector.", valueName: "name"))
  var daemon: String

  @Flag(name: .long, help: "Print everything as JSON.")
  var json = false

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func run() throws {
    let reply = try ControlClient.rules(of: daemon, state: collector.state)
    try RulesTable(reply.rules).write(json: json, isColored: coloring.color.isOn)
  }
}

/// Prints a value for scripts.
func printJSON(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  var output = Output()
  output.append(bytes: try encoder.encode(value))
  output.append("\n")
  output.flush()
}

/// Rules with their verdicts, for people or for scripts.
struct RulesTable {
  private let rules: [RulesReply.Rule]

  init(_ rules: [RulesReply.Rule]) { self.rules = rules }

  func write(json: Bool, isColored: Bool) throws {
    if json { return try printJSON(rules) }
    var output = Output()
    for line in lines(isColored: isColored) { output.append(line + "\n") }
    output.flush()
  }

  func lines(isColored: Bool) -> [String] {
    let colors: [String: Color] = [
      "degraded": .yellow, "can-never-match": .red, "shadowed": .magenta, "active": .green,
    ]
    let width = rules.map(\.verdict.count).max() ?? 0
    let lines = rules.flatMap { rule in
      let padding = String(repeating: " ", count: width - rule.verdict.count)
      let verdict = (colors[rule.verdict] ?? .green).paint(rule.verdict, if: isColored)
      return [
        "\(verdict)\(padding)  \(escaped(rule.rule))",
        "\(String(repeating: " ", count: width))  \(escaped(rule.place)): \(escaped(rule.reason))",
      ]
    }
    return lines + [
      RuleStanding.summary(rules.compactMap { RuleStanding.Kind(rawValue: $0.verdict) })
    ]
  }
}

extension RulesReply.Rule {
  init(_ rule: Rule, _ standing: RuleStanding) {
    self.init(
      rule: rule.text, place: rule.place.text, verdict: standing.kind.rawValue,
      reason: standing.reason)
  }
}
