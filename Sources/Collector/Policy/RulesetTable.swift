internal import AuditRules
internal import Capture
import CNestaudit

/// The rulesets that are in the kernel: each is there once, however many daemons go by it.
///
/// A ruleset has two forms: one whose ids are the kernel's own, for views that translate none, and one in
/// which conditions on ids are left to the collector.
struct RulesetTable {
  private struct Entry {
    let keys: [rule_index_key]
    let ranges: [Range<UInt32>]
  }

  private let capture: Capture
  private var entries: [UInt32: Entry] = [:]
  private var next: UInt32 = 1
  private var space = SlotSpace(count: UInt32(POLICY_RULES_MAX))

  init(capture: Capture) { self.capture = capture }

  /// Writes a ruleset into the tables and returns its id, by which policies name it.
  mutating func add(_ ruleset: CompiledRuleset, translatesIDs: Bool) throws(CaptureError) -> UInt32
  {
    let id = next
    next += 1
    var keys: [rule_index_key] = []
    var ranges: [Range<UInt32>] = []
    for table in ruleset.tables(translatesIDs: translatesIDs) {
      guard let range = space.take(UInt32(table.rules.count)) else {
        entries[id] = Entry(keys: keys, ranges: ranges)
        remove(id)
        throw CaptureError(
          "the rules of all daemons need more than \(POLICY_RULES_MAX) entries in the kernel's table"
        )
      }
      ranges.append(range)
      for (slot, rule) in zip(range, table.rules) { try capture.rules.set(slot, rule) }
      for (arch, syscall) in table.keys {
        let key = rule_index_key(ruleset: id, arch: arch, syscall: syscall)
        keys.append(key)
        try capture.ruleIndex.set(
          key, rule_index_entry(first: range.lowerBound, count: UInt32(range.count)))
      }
    }
    entries[id] = Entry(keys: keys, ranges: ranges)
    return id
  }

  /// Takes a ruleset out; no policy may name it any more.
  mutating func remove(_ id: UInt32) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    for key in entry.keys { capture.ruleIndex.remove(key) }
    for range in entry.ranges { space.giveBack(range) }
  }
}

/// Runs of free slots in a table.
struct SlotSpace {
  private var free: [Range<UInt32>]

  init(count: UInt32) { free = [0..<count] }

  /// The first free run of `count` slots, nil if there is none.
  mutating func take(_ count: UInt32) -> Range<UInt32>? {
    guard let index = free.firstIndex(where: { $0.count >= count }) else { return nil }
    let start = free[index].lowerBound
    let taken = start..<(start + count)
    free[index] = taken.upperBound..<free[index].upperBound
    if free[index].isEmpty { free.remove(at: index) }
    return taken
  }

  /// Frees a run that was taken.
  mutating func giveBack(_ range: Range<UInt32>) {
    guard !range.isEmpty else { return }
    let index = free.firstIndex { $0.lowerBound > range.lowerBound } ?? free.endIndex
    free.insert(range, at: index)
    if index + 1 < free.count, free[index].upperBound == free[index + 1].lowerBound {
      free[index] = free[index].lowerBound..<free.remove(at: index + 1).upperBound
    }
    if index > 0, free[index - 1].upperBound == free[index].lowerBound {
      free[index - 1] = free[index - 1].lowerBound..<free.remove(at: index).upperBound
    }
  }
}
