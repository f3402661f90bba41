internal import AuditRules
import Synchronization

/// A ruleset made ready, for the collector and for the kernel.
///
/// Making one takes milliseconds: it is done where configuration is read, not where events are drained.
final class PreparedRuleset: Sendable {
  let compiled: CompiledRuleset
  let options: RuleOptionsOfScope
  /// What the kernel's table of it depends on.
  let kernelKey: KernelKey
  /// Until it is in the kernel.
  private let waiting: Mutex<RuleTable?>

  private init(_ ruleset: Ruleset, _ options: RuleOptionsOfScope) throws(RuleTableError) {
    self.options = options
    compiled = CompiledRuleset(ruleset, options: options)
    kernelKey = KernelKey(
      rules: ruleset.rules.map(RuleContent.init), watches: ruleset.rules.map(\.isWatch),
      options: options)
    waiting = Mutex(try RuleTable(compiled))
  }

  /// Its table, for the one who writes it into the kernel.
  func takeTable() throws(RuleTableError) -> RuleTable {
    let table = waiting.withLock { table in
      defer { table = nil }
      return table
    }
    return if let table { table } else { try RuleTable(compiled) }
  }

  /// Rules by what they are, wherever they stand: with equal ones, daemons share one table.
  struct KernelKey: Hashable {
    let rules: [RuleContent]
    let watches: [Bool]
    let options: RuleOptionsOfScope
  }

  // MARK: Those that were read before

  private struct Key: Hashable {
    let rules: [Rule]
    let options: RuleOptionsOfScope

    static func == (one: Key, other: Key) -> Bool {
      one.options == other.options && one.rules == other.rules
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(rules.count)
      hasher.combine(options.unsetAUIDMatches)
      for rule in rules {
        hasher.combine(rule.list)
        for field in rule.fields {
          hasher.combine(field.type)
          hasher.combine(field.value)
          hasher.combine(field.string)
        }
      }
    }
  }

  private struct Known {
    weak var prepared: PreparedRuleset?
  }

  private static let known = Mutex<[Key: Known]>([:])

  /// - Throws: there are more rules than the kernel's tables can hold.
  static func of(
    _ ruleset: Ruleset, options: RuleOptionsOfScope
  ) throws(RuleTableError) -> PreparedRuleset {
    let key = Key(rules: ruleset.rules, options: options)
    if let known = known.withLock({ $0[key]?.prepared }) { return known }
    let prepared = try PreparedRuleset(ruleset, options)
    known.withLock { known in
      known[key] = Known(prepared: prepared)
      if known.count > 64 { known = known.filter { $0.value.prepared != nil } }
    }
    return prepared
  }
}
