internal import CNestaudit

/// Why rules matched an event or not, as far as its records tell.
public struct RuleExplanation: Sendable {
  /// A condition, and what is to say of it.
  public struct Finding: Sendable, Equatable {
    /// In auditctl's words.
    public let condition: String
    /// The value in the records; of what is not told, what would have to be known.
    public let detail: String
  }

  /// What became of a rule.
  public enum Outcome: Sendable, Equatable {
    /// All its conditions are met.
    case met
    /// The first condition that is not.
    case failed(Finding)
    /// None is known not to be met, and of these it is not known whether they are.
    case untold([Finding])
  }

  /// A rule of the exit list that names the syscall and its arch.
  public struct Tried: Sendable, Equatable {
    /// Its place in the ruleset.
    public let rule: Int
    /// What became of it.
    public let outcome: Outcome
  }

  /// In their order.
  public let tried: [Tried]
  /// The rules of which one has decided; nil is that none has. With one element that is certain, by the rules and
  /// files as they are now.
  public let deciders: [Int?]
  /// Of the deciders, those that would have given the records the key that they bear.
  public let fitting: [Int]
  /// Rules of the exit list that do not name the syscall, or not for its arch.
  public let passedOver: Int
}

/// Rules made ready to be explained.
public final class ExplainedRuleset {
  /// How a rule is found, and what it asks.
  private struct Prepared {
    var conditions: [Condition]
    var found: CompiledRuleset.Found
    var watch: Int?
  }

  /// In the order in which they are tried.
  public let rules: [Rule]
  private let prepared: [Prepared]
  private let watches: [WatchPath]

  /// Makes rules ready.
  public init(_ rules: [Rule], options: RuleOptionsOfScope) {
    self.rules = rules
    var compiler = RuleCompiler(options: options)
    var all: [Prepared] = []
    for rule in rules {
      var made = Prepared(conditions: [], found: .listed)
      for field in rule.fields {
        // A field at a time: each condition keeps the words that it is known by.
        var alone = rule
        alone.fields = [field]
        for test in compiler.tests(of: alone) {
          made.conditions.append(Condition(field: field, test: test, text: rule.words(for: field)))
          switch test.kind {
          case .watch:
            made.found = .watched
            made.watch = Int(test.value)
          case .path: made.found = .hashed
          case .inode where test.isEquality: made.found = .hashed
          default: break
          }
        }
      }
      all.append(made)
    }
    prepared = all
    watches = compiler.watches
  }

  deinit {
    for condition in prepared.flatMap(\.conditions) { condition.test.free() }
  }

  /// Says of each rule what became of it, and which have decided.
  /// - Parameter files: the root that the paths of rules belong to.
  public func explain(_ event: RecordedEvent, files: RuleFiles) -> RuleExplanation {
    let exit = rules.indices.filter { rules[$0].list == .exit }
    let arch = event.arch == AuditArch.i386 ? 1 : 0
    let syscall = Int(event.syscall)
    // No rule can name a number beyond the masks.
    let isNamed = (0..<Int(POLICY_SYSCALLS)).contains(syscall)
    let tried = exit.filter {
      isNamed && rules[$0].mayMatch(arch: arch)
        && rules[$0].mayMatch(arch: arch, syscall: syscall)
    }
    let asking = Set(
      tried.flatMap { prepared[$0].conditions }.filter(\.asksWatch).map { Int($0.test.value) })
    let judge = ConditionJudge(
      event, watches: watches,
      watched: watches.enumerated().map { number, watch in
        asking.contains(number) ? files.watched(watch.path, watch.follows) : nil
      },
      files: files, mayLackAddress: rules.contains { $0.list == .exclude })
    let outcomes = tried.map { RuleExplanation.Tried(rule: $0, outcome: outcome(of: $0, judge)) }
    let deciders = deciders(tried, judge)
    return RuleExplanation(
      tried: outcomes, deciders: deciders, fitting: fitting(deciders, event),
      passedOver: exit.count - tried.count)
  }

  // MARK: One rule

  private func isHashed(_ rule: Int, _ judge: ConditionJudge) -> Bool {
    switch prepared[rule].found {
    case .listed: false
    case .hashed: true
    case .watched: judge.watched[prepared[rule].watch!].map { !$0.isDirectory } ?? false
    }
  }

  /// The outcome, and how many conditions were met before it was settled.
  private func outcome(
    of rule: Int, _ judge: ConditionJudge, name: Int?
  ) -> (outcome: RuleExplanation.Outcome, depth: Int) {
    var untold: [RuleExplanation.Finding] = []
    for (depth, condition) in prepared[rule].conditions.enumerated() {
      switch judge.answer(condition, name: name) {
      case .met: break
      case .failed(let value):
        return (.failed(.init(condition: condition.text, detail: value)), depth)
      case .untold(let what): untold.append(.init(condition: condition.text, detail: what))
      }
    }
    return (untold.isEmpty ? .met : .untold(untold), prepared[rule].conditions.count)
  }

  /// Of a rule that is found by a name: what came of the name that went furthest.
  private func outcome(of rule: Int, _ judge: ConditionJudge) -> RuleExplanation.Outcome {
    guard isHashed(rule, judge), !judge.names.isEmpty else {
      return outcome(of: rule, judge, name: nil).outcome
    }
    let all = judge.names.indices.map { outcome(of: rule, judge, name: $0) }
    if all.contains(where: { $0.outcome == .met }) { return .met }
    if let untold = all.first(where: { if case .untold = $0.outcome { true } else { false } }) {
      return untold.outcome
    }
    return all.max { $0.depth < $1.depth }!.outcome
  }

  // MARK: All of them

  /// Which rules may have decided: as `CompiledRuleset.decide`, with every answer that is not told taken for both.
  private func deciders(_ tried: [Int], _ judge: ConditionJudge) -> [Int?] {
    var listed: [Int?] = []
    search: do {
      for rule in tried where !isHashed(rule, judge) {
        switch outcome(of: rule, judge, name: nil).outcome {
        case .met:
          listed.append(rule)
          break search
        case .untold: listed.append(rule)
        case .failed: break
        }
      }
      listed.append(nil)
    }
    var result: [Int?] = []
    for limit in listed {
      for decider in hashed(tried, before: limit, judge) where !result.contains(decider) {
        result.append(decider)
      }
    }
    return result
  }

  /// Which rules found by a name may come before one of the list.
  private func hashed(_ tried: [Int], before limit: Int?, _ judge: ConditionJudge) -> [Int?] {
    var result: [Int?] = []
    for name in judge.names.indices {
      for rule in tried where isHashed(rule, judge) {
        if let limit, rule >= limit { break }
        switch outcome(of: rule, judge, name: name).outcome {
        case .met: return result + [rule]
        case .untold: result.append(rule)
        case .failed: break
        }
      }
    }
    return result + [limit]
  }

  private func fitting(_ deciders: [Int?], _ event: RecordedEvent) -> [Int] {
    guard let key = event.key else { return [] }
    return deciders.compactMap(\.self).filter { rule in
      guard rules[rule].action == .always else { return false }
      // A rule that is found by a name and has no key leaves that of the match before.
      return rules[rule].key == key || rules[rule].key == nil && prepared[rule].found != .listed
    }
  }
}

extension Condition {
  fileprivate var asksWatch: Bool {
    [.path, .directory, .watch, .executable].contains(test.kind)
  }
}

extension Rule {
  /// A condition as auditctl prints it, without `-F` or `-C`.
  fileprivate func words(for field: Field) -> String {
    if field.type == AuditField.architecture {
      return "arch\(field.operation.symbol)\(Self.archName(field.value))"
    }
    return texts(of: field, false).map { String($0.dropFirst(3)) }.joined(separator: " ")
  }
}
