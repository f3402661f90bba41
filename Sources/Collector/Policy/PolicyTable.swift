internal import AuditRules
internal import Capture
import CNestaudit

/// The policies that are in the kernel: one for each list of rulesets that some chain of daemons has.
struct PolicyTable {
  private let capture: Capture
  private var ids: [[UInt32]: UInt32] = [:]
  private var next = UInt32(POLICY_FIRST)
  /// Named by nothing any more.
  private var free: [UInt32] = []
  /// Of before a reload: tasks may still be judged by them.
  private var retired: [UInt32] = []

  init(capture: Capture) { self.capture = capture }

  /// The policy that judges by these rulesets, in the order of the bits of `wants`.
  mutating func id(for rulesets: [UInt32]) throws(CaptureError) -> UInt32 {
    if let known = ids[rulesets] { return known }
    let id = free.last ?? next
    guard id < UInt32(POLICY_MAX) else {
      throw CaptureError("more than \(POLICY_MAX) different sets of daemons want containers")
    }
    try write(rulesets, as: id)
    if free.isEmpty { next += 1 } else { free.removeLast() }
    ids[rulesets] = id
    return id
  }

  /// Says which rulesets judge what is in no container.
  func setHost(_ rulesets: [UInt32]) throws(CaptureError) {
    try write(rulesets, as: UInt32(POLICY_HOST))
  }

  /// Begins anew: every container must be given a policy again, and then `freeRetired()` called.
  mutating func retireAll() {
    retired += ids.values
    ids.removeAll()
  }

  /// Lets the policies of before be used again, once no container has one.
  mutating func freeRetired() {
    free += retired
    retired = []
  }

  private func write(_ rulesets: [UInt32], as id: UInt32) throws(CaptureError) {
    guard rulesets.count <= Int(POLICY_DAEMONS_MAX) else {
      throw CaptureError(
        "\(rulesets.count) daemons want the same container; at most \(POLICY_DAEMONS_MAX) can")
    }
    var entry = policy_entry()
    entry.daemons = UInt32(rulesets.count)
    withUnsafeMutableBytes(of: &entry.ruleset) { bytes in
      _ = bytes.bindMemory(to: UInt32.self).update(fromContentsOf: rulesets)
    }
    try capture.policies.set(id, entry)
  }

  /// Opens the gate for every syscall that some rule of some daemon names, and has gathered what they ask for.
  func open(for rulesets: [CompiledRuleset]) {
    var needs: UInt32 = 0
    if rulesets.contains(where: { $0.watchPaths.contains(where: \.below) }) {
      needs |= NEED_ANCESTORS.rawValue
    }
    if rulesets.contains(where: \.hasForkRules) { needs |= NEED_FORKS.rawValue }
    capture.control.pointee.needs = needs
    withUnsafeMutableBytes(of: &capture.control.pointee.gate) { bytes in
      let words = bytes.bindMemory(to: UInt64.self)
      let perArch = Int(POLICY_SYSCALLS) / 64
      for arch in 0..<Int(POLICY_ARCHES) {
        for word in 0..<perArch {
          words[arch * perArch + word] = rulesets.reduce(0) { $0 | $1.gate[arch][word] }
        }
      }
    }
  }

  /// Makes every task look its policy up again; to be called when all tables are written.
  func publish() { capture.control.pointee.generation &+= 1 }

  var generation: UInt32 { capture.control.pointee.generation }
}
