internal import Capture
import CNestaudit

/// One daemon of a chain, as BPF judges for it.
struct PolicyDaemon: Hashable {
  /// Slot of its ruleset.
  let ruleset: UInt32
  /// Whose watches: `ContainerEntry.instance`.
  let instance: UInt32
  /// contid of the container in whose eyes it sees; 0 for the host.
  let view: UInt64
}

/// The policies that are in the kernel: one for each list of daemons that some container, or the host, has. A policy
/// is not changed while it is in use, but for its gate.
struct PolicyTable {
  private struct Policy {
    let daemons: [PolicyDaemon]
    /// Tells it from what had its number before.
    let serial: UInt32
    var uses: Int
  }

  private let capture: Capture
  private var policies: [UInt32: Policy] = [:]
  private var ids: [[PolicyDaemon]: UInt32] = [:]
  private var next = UInt32(POLICY_FIRST)
  private var nextSerial: UInt32
  private var free: [UInt32] = []
  /// Named by nothing any more; a program may still be at it.
  private var retired: [UInt32] = []
  /// Of the rulesets, by their slots.
  private var gates: [UInt32: SyscallGate] = [:]

  init(capture: Capture) {
    self.capture = capture
    // A task that a list of an earlier collector has muted must not be taken for one of ours.
    nextSerial = max(1, capture.control.pointee.serials)
  }

  /// The policy that judges for these daemons, in the order of the bits of `wants`; to be given back with `release`.
  mutating func hold(_ daemons: [PolicyDaemon]) throws(CaptureError) -> UInt32 {
    if let known = ids[daemons] {
      policies[known]?.uses += 1
      return known
    }
    let id = free.last ?? next
    guard id < UInt32(POLICY_MAX) else {
      throw CaptureError("more than \(POLICY_MAX) different sets of daemons want containers")
    }
    let policy = Policy(daemons: daemons, serial: nextSerial, uses: 1)
    try write(policy, as: id)
    nextSerial &+= 1
    capture.control.pointee.serials = nextSerial
    if free.isEmpty { next += 1 } else { free.removeLast() }
    ids[daemons] = id
    policies[id] = policy
    return id
  }

  /// Gives a policy back that no cgroup names any more.
  mutating func release(_ id: UInt32) {
    policies[id]?.uses -= 1
    guard let policy = policies[id], policy.uses == 0 else { return }
    policies[id] = nil
    ids[policy.daemons] = nil
    retired.append(id)
  }

  /// Lets policies that were given back be used again: what ran with them has ended.
  mutating func freeRetired() {
    guard !retired.isEmpty else { return }
    nestaudit_wait_for_grace_period()
    free += retired
    retired = []
  }

  /// Says which syscalls the rulesets name, each by its slot: the gates of the policies, the one before all
  /// others, and whether anything is looked at before syscalls end, or when requests of io_uring are run.
  mutating func open(_ gates: [UInt32: SyscallGate]) throws(CaptureError) {
    self.gates = gates
    var all = SyscallGate()
    for gate in gates.values { all.formUnion(gate) }
    for (id, policy) in policies { try write(policy, as: id) }
    let entries = all.entries(gotAddresses: capture.backend == .hooks)
    let watchesEntries = entries.contains { $0 != 0 }
    // A syscall that is wanted has been seen from its beginning.
    if watchesEntries { try capture.watch(.beginnings, true) }
    if all.replaces { try capture.watch(.changes, true) }
    try capture.seeEnds(of: all.words)
    withUnsafeMutableBytes(of: &capture.control.pointee.entry) { bytes in
      for (index, word) in entries.enumerated() {
        bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
      }
    }
    let watchesRequests = all.operations.contains { $0 != 0 }
    if watchesRequests { try capture.watch(.requests, true) }
    withUnsafeMutableBytes(of: &capture.control.pointee.operations) { all.storeOperations(to: $0) }
    withUnsafeMutableBytes(of: &capture.control.pointee.gate) { all.store(to: $0) }
    capture.control.pointee.closings &+= 1
    if !watchesEntries { try capture.watch(.beginnings, false) }
    if !all.replaces { try capture.watch(.changes, false) }
    if !watchesRequests { try capture.watch(.requests, false) }
    capture.forgetEnds()
  }

  private func write(_ policy: Policy, as id: UInt32) throws(CaptureError) {
    let daemons = policy.daemons
    var entry = policy_entry()
    entry.serial = policy.serial
    var gate = SyscallGate()
    for daemon in daemons { gate.formUnion(gates[daemon.ruleset] ?? SyscallGate()) }
    withUnsafeMutableBytes(of: &entry.gate) { gate.store(to: $0) }
    withUnsafeMutableBytes(of: &entry.operations) { gate.storeOperations(to: $0) }
    entry.daemons = UInt32(min(daemons.count, Int(POLICY_DAEMONS_MAX)))
    entry.more = daemons.count > Int(POLICY_DAEMONS_MAX) ? 1 : 0
    withUnsafeMutableBytes(of: &entry.daemon) { bytes in
      for (index, daemon) in daemons.prefix(Int(POLICY_DAEMONS_MAX)).enumerated() {
        bytes.storeBytes(
          of: policy_daemon(
            ruleset: daemon.ruleset, instance: daemon.instance, view: daemon.view),
          toByteOffset: index * MemoryLayout<policy_daemon>.stride, as: policy_daemon.self)
      }
    }
    try capture.policies.set(id, entry)
  }

  /// Has gathered what the rules ask for, and nothing else.
  func need(_ needs: UInt32) {
    let lack = capture.control.pointee.needs & NEED_COLLECTOR.rawValue
    capture.control.pointee.needs = needs | lack
  }

  /// Says whether BPF knows every path of every rule.
  func setKnowsPaths(_ knows: Bool) {
    if knows {
      capture.control.pointee.needs &= ~NEED_COLLECTOR.rawValue
    } else {
      capture.control.pointee.needs |= NEED_COLLECTOR.rawValue
    }
  }

  /// Judges what is in no container by this policy.
  func setHost(_ id: UInt32) { capture.control.pointee.host = id }

  /// Makes every task look its policy up again; to be called when all tables are written.
  func publish() { capture.control.pointee.generation &+= 1 }

  var generation: UInt32 { capture.control.pointee.generation }
}
