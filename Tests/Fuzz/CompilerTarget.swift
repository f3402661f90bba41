import CNestaudit
import TableReader

@testable import AuditRules

/// Rulesets and the events that they decide about.
struct CompilerTarget: Target {
  static let name = "compiler"

  /// To compile takes far longer than to decide: so many events are asked of each ruleset.
  private static let eventsOfARuleset: UInt64 = 4

  struct Input {
    let ruleset: CompiledRuleset
    /// What can be said of its rules beforehand; empty if nothing can.
    let standings: [RuleStanding]
    /// Its table, as BPF reads it; nil if it does not fit into one.
    let reader: TableReader?
    let event: Event
    /// What is at `watchPaths`.
    let watches: [WatchObject]
  }

  private let seed: UInt64
  private var last:
    (number: UInt64, ruleset: CompiledRuleset, standings: [RuleStanding], reader: TableReader?)?

  init(seed: UInt64) { self.seed = seed }

  mutating func input(_ number: UInt64) -> Input {
    let (ruleset, standings, reader) = ruleset(number / Self.eventsOfARuleset)
    var random = Random(seed: seed, number: number)
    let event = Event(&random)
    var found: [String: WatchObject] = [:]
    let watches = ruleset.watchPaths.map { watch in
      found[watch.path] = found[watch.path] ?? Objects.watch(&random)
      return found[watch.path]!
    }
    return Input(
      ruleset: ruleset, standings: standings, reader: reader, event: event, watches: watches)
  }

  private mutating func ruleset(
    _ number: UInt64
  ) -> (CompiledRuleset, [RuleStanding], TableReader?) {
    if let last, last.number == number { return (last.ruleset, last.standings, last.reader) }
    var random = Random(seed: ~seed, number: number)
    let made = RulesetMaker.ruleset(&random)
    let unsetMatches = random.once(in: 4)
    let ruleset = CompiledRuleset(
      made, options: RuleOptionsOfScope(unsetAUIDMatches: unsetMatches))
    let standings = ruleset.standings(in: .unknown)
    let reader = try? TableReader(ruleset)
    last = (number, ruleset, standings, reader)
    return (ruleset, standings, reader)
  }

  func description(of input: Input) -> [UInt8] {
    let rules = input.ruleset.rules.map {
      "\($0.text)\n    \($0.isWatch ? "-w " : "")\($0.fields)"
    }
    let standings = input.standings.map { "\($0.kind): \($0.reason)" }
    let names = input.event.subject.names.map { name in
      "\(String(decoding: name.text, as: UTF8.self)): \(name)"
    }
    let text =
      rules + standings + ["", "\(input.event.subject)", ""] + names + [
        "", "\(input.ruleset.watchPaths)",
      ]
      + ["\(input.watches)", ""]
    return Array(text.joined(separator: "\n").utf8)
  }

  mutating func check(_ input: Input) throws(Finding) {
    var finding: Finding?
    input.watches.withUnsafeBufferPointer { watches in
      do throws(Finding) {
        let watches = watches.isEmpty ? nil : watches.baseAddress
        try check(ruleset: input.ruleset, subject: input.event.subject, watches: watches)
        try check(input.standings, of: input, watches: watches)
        try check(input.reader, of: input, watches: watches)
      } catch {
        finding = error
      }
    }
    if let finding { throw finding }
  }

  /// What must hold for every ruleset and every event.
  private func check(
    ruleset: CompiledRuleset, subject: RuleSubject, watches: UnsafePointer<WatchObject>?
  ) throws(Finding) {
    let verdict = ruleset.decide(subject, watches: watches)
    if case .always(let rule, let key) = verdict {
      try Finding.unless(
        ruleset.rules.indices.contains(rule) && ruleset.rules[rule].list == .exit
          && ruleset.rules[rule].action == .always, "decided by a rule that cannot: \(verdict)")
      try Finding.unless(
        key < 0 || ruleset.key(of: key) != nil, "the key is of a rule without one: \(verdict)")
      try Finding.unless(
        passesGate(of: ruleset, subject), "the gate stops what is wanted: \(verdict)")
    }
    if !ruleset.usesNames(arch: subject.arch, syscall: subject.syscall) {
      var nameless = subject
      nameless.names = UnsafeBufferPointer(start: nil, count: 0)
      try Finding.unless(
        ruleset.decide(nameless, watches: watches) == verdict,
        "names count, though no rule is said to use them: \(verdict)")
    }
    if case .always(let rule) = ruleset.decideFork(subject, watches: watches) {
      try Finding.unless(
        ruleset.rules[rule].list == .task && ruleset.hasTaskRules, "no rule for forks: \(rule)")
    }
    let record = UInt32(1300 + subject.a0 % 32)
    let isLeftOut = ruleset.leavesOut(record: record, of: subject, watches: watches)
    try Finding.unless(
      !isLeftOut || ruleset.hasExcludeRules, "record \(record) is left out by no rule")
    for name in subject.names where ruleset.leavesOut(filesystem: name.filesystem) {
      try Finding.unless(ruleset.hasFilesystemRules, "a name is left out by no rule")
    }
  }

  /// The kernel's table lets through what is wanted, and is never read beyond its end.
  private func check(
    _ reader: TableReader?, of input: Input, watches: UnsafePointer<WatchObject>?
  ) throws(Finding) {
    guard let reader else { throw Finding("a small ruleset does not fit into a table") }
    let verdict = input.ruleset.decide(input.event.subject, watches: watches)
    let answer = reader.ask(input.event.subject, watches: watches)
    try Finding.unless(
      answer.outside == 0, "the table is read beyond its end \(answer.outside) times")
    // BPF tells of no other arch.
    if case .always = verdict, AuditArch.all.contains(input.event.subject.arch) {
      try Finding.unless(answer.wants, "the table stops what is wanted: \(verdict)")
    }
    var task = input.event.subject
    task.names = UnsafeBufferPointer(start: nil, count: 0)
    (task.hasResult, task.addressFamily) = (false, nil)
    let fork = reader.keepsOut(task, watches: watches)
    try Finding.unless(fork.outside == 0, "the table is read beyond its end by the task list")
    if fork.never {
      let wanted = input.ruleset.decideFork(task, watches: watches)
      try Finding.unless(wanted == .never, "the table keeps a task out: \(wanted)")
    }
  }

  private func passesGate(of ruleset: CompiledRuleset, _ subject: RuleSubject) -> Bool {
    let arch = subject.arch == AuditArch.i386 ? POLICY_ARCH_32 : POLICY_ARCH_64
    let number = Int(subject.syscall)
    return ruleset.gate[Int(arch.rawValue)][number / 64] >> UInt64(number % 64) & 1 == 1
  }

  /// A rule that is said never to match, or never to be reached, does not decide.
  private func check(
    _ standings: [RuleStanding], of input: Input, watches: UnsafePointer<WatchObject>?
  ) throws(Finding) {
    guard !standings.isEmpty,
      case .always(let rule, _) = input.ruleset.decide(input.event.subject, watches: watches)
    else { return }
    let standing = standings[rule]
    try Finding.unless(
      standing.kind == .active || standing.kind == .degraded,
      "rule \(rule) decides, and is said not to: \(standing.kind), \(standing.reason)")
  }
}
