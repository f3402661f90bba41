import AuditRules
import Control

/// What is said of an event and its rules, for people or for scripts.
struct ExplainReport {
  private let event: TailEvent
  private let recorded: RecordedEvent
  private let daemon: String
  private let rules: [Rule]
  private let explanation: RuleExplanation

  init(_ event: TailEvent, daemon: String, rules known: RulesReply) throws {
    let contids = event.record("CONTAINER_ID").map(RecordedEvent.contids) ?? []
    let place = ExplainPlace(contids: contids, roots: known.roots)
    try self.init(event, daemon: daemon, rules: known, isOwn: place.isOwn, files: place.files)
  }

  init(
    _ event: TailEvent, daemon: String, rules known: RulesReply, isOwn: Bool, files: RuleFiles
  ) throws {
    let rules = known.forms.compactMap(Rule.init)
    guard rules.count == known.forms.count else {
      throw Failure("the collector has rules that are unknown here; is it the same version?")
    }
    self.event = event
    self.daemon = daemon
    self.rules = rules
    recorded = try RecordedEvent(event, isOwn: isOwn)
    explanation = ExplainedRuleset(
      rules, options: RuleOptionsOfScope(unsetAUIDMatches: known.unsetAUIDMatches)
    ).explain(recorded, files: files)
  }

  // MARK: For people

  func lines(isColored: Bool) -> [String] {
    var lines = ["event \(event.stamp.serial) of \(escaped(daemon)): \(TailSummary(event).line)"]
    for tried in explanation.tried {
      let rule = rules[tried.rule]
      lines.append("\(escaped(rule.place.text))  \(escaped(rule.text))")
      lines += findings(of: tried, isColored).map { "    " + $0 }
    }
    let others = explanation.passedOver
    if others > 0 {
      lines.append(
        "\(counted(others, "rule")) of list exit \(others == 1 ? "does" : "do") not name "
          + "\(TailSummary(event).action) of this arch, or not with such permissions")
    }
    for (list, count) in otherLists {
      lines.append("list \(list): \(counted(count, "rule")), not told by a record")
    }
    return lines + conclusion.map { Color.cyan.paint("=> ", if: isColored) + escaped($0) }
  }

  private func findings(of tried: RuleExplanation.Tried, _ isColored: Bool) -> [String] {
    switch tried.outcome {
    case .met:
      return isDecider(tried.rule)
        ? [Color.green.paint("matched", if: isColored)]
        : ["its conditions are met too, but another rule comes first"]
    case .failed(let finding):
      let word = Color.red.paint("failed", if: isColored)
      return ["\(word): \(escaped(finding.condition)): \(escaped(finding.detail))"]
    case .untold(let findings):
      let word = Color.yellow.paint("not told by the record", if: isColored)
      return findings.map { "\(word): \(escaped($0.condition)): \(escaped($0.detail))" }
    }
  }

  private func isDecider(_ rule: Int) -> Bool { explanation.deciders.contains(rule) }

  /// Lists other than exit that have rules.
  private var otherLists: [(String, Int)] {
    [RuleList.task, .exclude, .filesystem, .ioUring].compactMap { list in
      let count = rules.count { $0.list == list }
      return count > 0 ? (list.name, count) : nil
    }
  }

  private var conclusion: [String] {
    let deciders = explanation.deciders
    guard deciders.count > 1 else {
      guard let only = deciders[0] else {
        return ["no rule of list exit matches, yet the event was recorded: \(whyRecorded)"]
      }
      return [certain(only)]
    }
    let names = deciders.map { $0.map { rules[$0].place.text } ?? "none of them" }
    var lines = [
      "not certain by what the record tells: "
        + names.dropLast().joined(separator: ", ") + " or \(names.last!) decided"
    ]
    switch (explanation.fitting.count, recorded.key) {
    case (1, .some(let key)):
      let rule = rules[explanation.fitting[0]]
      lines.append(
        "\(Self.text(key)) in the records fits \(rule.place.text) alone, if the rules are the same "
          + "as then")
    case (0, .some(let key)):
      lines.append("\(Self.text(key)) in the records fits none of these: \(whyRecorded)")
    default: break
    }
    return lines
  }

  private func certain(_ number: Int) -> String {
    let rule = rules[number]
    guard rule.action == .always else {
      return "\(rule.place.text) decides: never, yet the event was recorded: \(whyRecorded)"
    }
    let decision = "\(rule.place.text) decides: always, \(Self.text(rule.key))"
    if let key = recorded.key, explanation.fitting.isEmpty {
      return "\(decision); the records bear \(Self.text(key)): \(whyRecorded)"
    }
    return decision
  }

  private var whyRecorded: String {
    let hasTaskRules = rules.contains { $0.list == .task && $0.action == .always }
    return "rules or files were others then"
      + (hasTaskRules ? ", or list task has every syscall of the task recorded" : "")
      + (rules.contains { $0.list == .ioUring && $0.action == .always }
        ? ", or list io_uring asked for a request that was run in it" : "")
  }

  private static func text(_ key: [UInt8]?) -> String {
    guard let key else { return "no key" }
    let keys = key.split(separator: 1).map { String(decoding: $0, as: UTF8.self) }
    return "key=\(keys.joined(separator: ","))"
  }
}

// MARK: For scripts

extension ExplainReport {
  /// The explanation as JSON has it.
  struct JSON: Encodable {
    struct Finding: Encodable {
      let condition: String
      let detail: String
    }

    struct Rule: Encodable {
      let place: String
      let rule: String
      let action: String
      let keys: [String]
      /// `matched`, `met` (but another decides), `failed`, `not-told`.
      let outcome: String
      /// Of `failed` the condition that did, of `not-told` all that are not.
      let findings: [Finding]
    }

    let daemon: String
    let serial: UInt64
    let event: String
    let keys: [String]
    let rules: [Rule]
    /// Places of the rules of which one decided, null for none of them: one element is certain.
    let deciders: [String?]
    /// Places of those that the key in the records fits.
    let fitting: [String]
    let passedOver: Int
    let otherLists: [String: Int]
    let conclusion: String
  }

  var json: JSON {
    JSON(
      daemon: daemon, serial: event.stamp.serial, event: TailSummary(event).line,
      keys: event.keys, rules: explanation.tried.map(json),
      deciders: explanation.deciders.map { $0.map { rules[$0].place.text } },
      fitting: explanation.fitting.map { rules[$0].place.text },
      passedOver: explanation.passedOver,
      otherLists: Dictionary(uniqueKeysWithValues: otherLists),
      conclusion: conclusion.joined(separator: "; "))
  }

  private func json(_ tried: RuleExplanation.Tried) -> JSON.Rule {
    let rule = rules[tried.rule]
    let outcome: (String, [RuleExplanation.Finding]) =
      switch tried.outcome {
      case .met: (isDecider(tried.rule) ? "matched" : "met", [])
      case .failed(let finding): ("failed", [finding])
      case .untold(let findings): ("not-told", findings)
      }
    return JSON.Rule(
      place: rule.place.text, rule: rule.text, action: "\(rule.action)",
      keys: (rule.key ?? []).split(separator: 1).map { String(decoding: $0, as: UTF8.self) },
      outcome: outcome.0,
      findings: outcome.1.map { .init(condition: $0.condition, detail: $0.detail) })
  }
}
