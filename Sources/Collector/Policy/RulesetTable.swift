internal import AuditRules
internal import Capture
import CNestaudit

/// The rulesets that are in the kernel. A daemon's has a slot that stays the same; what stands in the slot is replaced
/// whole: an event is judged by the old rules or by the new ones. Equal rulesets are there once.
struct RulesetTable {
  /// A ruleset in the kernel.
  final class Content {
    let map: RulesetMap
    /// Tells its watches from those of others.
    let version: UInt32
    fileprivate let key: PreparedRuleset.KernelKey
    fileprivate var uses = 1

    fileprivate init(_ key: PreparedRuleset.KernelKey, _ map: RulesetMap, version: UInt32) {
      self.key = key
      self.map = map
      self.version = version
    }
  }

  private let capture: Capture
  private var contents: [PreparedRuleset.KernelKey: Content] = [:]
  private var nextVersion: UInt32
  private var nextSlot: UInt32 = 0
  private var freeSlots: [UInt32] = []

  init(capture: Capture) {
    self.capture = capture
    // Watches of an earlier collector's rulesets are in the kernel's table until ours are there too.
    nextVersion = max(1, capture.control.pointee.versions)
  }

  /// Puts a ruleset into the kernel, where no event is judged by it yet; to be given back with `release`.
  mutating func hold(_ prepared: PreparedRuleset) throws -> Content {
    if let known = contents[prepared.kernelKey] {
      known.uses += 1
      return known
    }
    let table = try prepared.takeTable().versioned(nextVersion)
    let content = Content(
      prepared.kernelKey, try capture.ruleset(words: table.words), version: nextVersion)
    nextVersion &+= 1
    capture.control.pointee.versions = nextVersion
    contents[prepared.kernelKey] = content
    return content
  }

  mutating func release(_ content: Content) {
    content.uses -= 1
    if content.uses == 0 { contents[content.key] = nil }
  }

  /// A slot for a daemon's ruleset.
  mutating func takeSlot() throws(CaptureError) -> UInt32 {
    if let slot = freeSlots.popLast() { return slot }
    guard nextSlot < UInt32(POLICY_RULESETS_MAX) else {
      throw CaptureError("more than \(POLICY_RULESETS_MAX) daemons in the configuration")
    }
    nextSlot += 1
    return nextSlot - 1
  }

  /// Empties a slot; no policy may name it any more.
  mutating func giveBack(_ slot: UInt32) {
    capture.rulesets.remove(slot)
    freeSlots.append(slot)
  }

  /// From now on these slots judge by these rulesets; returns when no event is judged by what stood there before.
  func point(_ slots: [(slot: UInt32, content: Content)]) throws(CaptureError) {
    try capture.rulesets.set(slots.map { ($0.slot, $0.content.map.descriptor) })
  }
}
