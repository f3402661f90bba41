internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import FoundationEssentials
import Glibc

/// What is kept of containers, and taken up by a collector that takes over.
extension ContainerTable {
  /// One container as it is kept.
  private struct Kept: Codable {
    let container: Container
    let cgroups: Set<UInt64>
    let born: EventTime
    /// It is not known yet whose it is: its events wait.
    let isHeld: Bool
    let mayBeRuntime: Bool
    let isToldUnmatched: Bool
    /// Of the configuration's daemons, the names of those that stand for it.
    let daemons: [String: String]
    /// nil if it begins and ends with a cgroup.
    let declaration: Declared?

    struct Declared: Codable {
      let owner: ProcessIdentity
      let sender: SignalSource.Sender
      /// Contid of the container that the sender was in; 0 for the host.
      let asker: UInt64
    }
  }

  /// Keeps what is known of a container now.
  func note(_ entry: ContainerEntry) {
    guard let facts = daemons.ledger.facts, let container = entry.container else { return }
    let own = entry.routes.filter { $0.owner === entry }.map(\.daemon)
    let kept = Kept(
      container: container, cgroups: entry.cgroups, born: entry.born, isHeld: entry.held != nil,
      mayBeRuntime: entry.mayBeRuntime, isToldUnmatched: entry.isToldUnmatched,
      daemons: Dictionary(own.map { ($0.template.name, $0.name) }) { first, _ in first },
      declaration: entry.declaration.map {
        .init(owner: $0.owner, sender: $0.asker.sender, asker: $0.asker.entry.contid)
      })
    guard let json = try? JSONEncoder().encode(kept) else { return }
    json.withUnsafeBytes { facts.add(.container, $0) }
  }

  /// Keeps in which container a cgroup is; nil: it is gone.
  func note(_ cgroup: UInt64, in entry: ContainerEntry?) {
    daemons.ledger.facts?.add(.cgroup, (cgroup, entry?.contid ?? .max))
  }

  /// Keeps all that is known of containers, outer ones first.
  func tellAll() {
    for entry in containers.values.sorted(by: { $0.depth < $1.depth }) {
      note(entry)
      entry.held?.replay { daemons.ledger.facts?.add(.held, entry.contid, $0) }
    }
    for (cgroup, entry) in members where !entry.cgroups.contains(cgroup) || entry === host {
      note(cgroup, in: entry)
    }
  }

  /// Takes up a fact that an earlier collector has kept; of others nothing is done.
  func restore(_ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer) {
    switch kind {
    case .container:
      if let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)) { restore(kept) }
    case .gone:
      let contid = bytes.loadUnaligned(as: UInt64.self)
      guard let entry = containers[contid] else { return }
      waiting.removeAll { $0.entry === entry }
      forget(entry)
    case .cgroup:
      let cgroup = bytes.loadUnaligned(as: UInt64.self)
      members.removeValue(forKey: cgroup)?.cgroups.remove(cgroup)
      guard let entry = entry(bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) else {
        return
      }
      members[cgroup] = entry
      if entry !== host { entry.cgroups.insert(cgroup) }
    case .held:
      let contid = bytes.loadUnaligned(as: UInt64.self)
      containers[contid]?.held?.append(UnsafeRawBufferPointer(rebasing: bytes[8...]))
    case .process, .exit, .parts, .verdicts, .loss, .rules: break
    }
  }

  private func restore(_ kept: Kept) {
    let contid = kept.container.contid
    let known = containers[contid]
    let entry =
      known
      ?? add(
        kept.container, in: kept.container.outer.flatMap { containers[$0] }, cgroups: kept.cgroups,
        at: kept.born,
        declaration: kept.declaration.map { declared in
          Declaration(
            owner: declared.owner,
            asker: Asker(sender: declared.sender, entry: self.entry(declared.asker) ?? host))
        })
    entry.restore(kept.container)
    entry.keptNames = kept.daemons
    entry.mayBeRuntime = kept.mayBeRuntime
    entry.isToldUnmatched = kept.isToldUnmatched
    entry.cgroups = kept.cgroups
    if !entry.isDeclared { for cgroup in kept.cgroups { members[cgroup] = entry } }
    if kept.isHeld, known == nil {
      entry.held = HeldEvents(isInner: entry.outer != nil)
      waiting.append((entry, Clock.read(CLOCK_MONOTONIC) + Classifier.longestWait))
    } else if !kept.isHeld {
      entry.held = nil
      waiting.removeAll { $0.entry === entry }
    }
    if let number = UInt32(exactly: contid & ~CONTID_DECLARED), entry.isDeclared {
      nextDeclared = max(nextDeclared, number &+ 1)
    }
  }

  /// Gives every container that was taken up its daemons; from here on the kernel's tables hold again.
  func resume() {
    for entry in entries.dropFirst() {
      guard let container = entry.container else { continue }
      do {
        try capture.views.set(entry.contid, policy_view(container))
        if entry.held == nil { try assign(entry) }
      } catch {
        logger.error("container \(container.name): \(error)")
      }
    }
    // Cgroups have been made meanwhile, which have the policy of those above them as it was.
    for (cgroup, known) in capture.cgroups.entries() where known.contid != 0 {
      let entry = members[cgroup] ?? containers[known.contid]
      let policy = entry?.policy ?? UInt32(POLICY_UNDECIDED)
      guard known.policy != policy else { continue }
      var current = known
      current.policy = policy
      try? capture.cgroups.set(cgroup, current)
    }
    capture.decide()
  }
}
