internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// The host and every container, from their birth in the ring to their end, as the kernel's tables have them. Lives on the
/// drain thread.
final class ContainerTable {
  let capture: Capture
  let daemons: DaemonTable
  let hierarchy: CgroupHierarchy
  let logger: Logger
  let limits: ContainerLimits
  let outside: Outside

  var containers: [UInt64: ContainerEntry] = [:]
  /// By cgroup: the containers' own, those in them, and those that were refused to be one.
  var members: [UInt64: ContainerEntry] = [:]
  /// What is in no container.
  let host = ContainerEntry(container: nil, outer: nil, view: .host, instance: 0)
  /// Of the container that comes next.
  var nextInstance: UInt32 = 1
  /// Of the container that is declared next.
  var nextDeclared: UInt32 = 1
  /// The contid of the one whose name was looked for last.
  var lookedAt: UInt64 = 0

  let classifier = Classifier()
  /// Those that are not known yet, in the order of their births, and until when that is waited for.
  var waiting: [(entry: ContainerEntry, deadline: Int64)] = []

  private var ended = EndedContainers()
  /// Those that were found to be gone, and where the ring ended then.
  private var gone: (entries: [ContainerEntry], end: UInt64) = ([], 0)

  /// Whose the last event was: the next one is mostly the same's.
  var last: (cgroup: UInt64, contid: UInt64, entry: Unmanaged<ContainerEntry>)?

  /// Called before a container ends, while its daemons can still be told of something.
  var beforeEnd: (ContainerEntry) -> Void = { _ in }
  /// Takes the events of a container that were held, once it is known.
  var onReplay: (UnsafeRawBufferPointer, ContainerEntry) -> Void = { _, _ in }

  init(
    capture: Capture, daemons: DaemonTable, hierarchy: CgroupHierarchy, limits: ContainerLimits,
    logger: Logger, outside: Outside
  ) {
    self.outside = outside
    self.capture = capture
    self.daemons = daemons
    self.hierarchy = hierarchy
    self.limits = limits
    self.logger = logger
    nextInstance = max(1, capture.control.pointee.instances)
  }

  /// The host first, then every container.
  var entries: [ContainerEntry] {
    [host] + containers.values.sorted { $0.contid < $1.contid }
  }

  /// The container with this contid, the host for 0, nil for one that is gone.
  func entry(_ contid: UInt64) -> ContainerEntry? {
    contid == 0 ? host : containers[contid] ?? members[contid]
  }

  /// The container that an event names; it may have ended since.
  func named(_ contid: UInt64) -> ContainerEntry? { entry(contid) ?? ended[contid] }

  /// Whose an event is. The cgroup decides where it is known: what BPF had in its tables may be of a moment ago.
  /// - Returns: what no event but that of its own end takes from the table.
  func entry(of header: event_header) -> Unmanaged<ContainerEntry> {
    if let last, last.cgroup == header.cgroup, last.contid == header.contid { return last.entry }
    // A declared container's are in any cgroup.
    let declared = header.contid >= CONTID_DECLARED ? containers[header.contid] : nil
    let found = Unmanaged.passUnretained(
      declared ?? members[header.cgroup] ?? entry(header.contid) ?? host)
    last = (header.cgroup, header.contid, found)
    return found
  }

  /// Gives the host its daemons.
  func startHost() throws {
    try daemons.assign(to: host)
    daemons.publish()
  }

  /// Gives every container its daemons anew, after a reload.
  func reassign() throws {
    try daemons.assign(to: host)
    for entry in entries.dropFirst() where entry.held == nil {
      try assign(entry)
      note(entry)
    }
    daemons.publish()
  }

  /// Gives one entry its daemons anew; to be followed by `publish`.
  func reassign(_ entry: ContainerEntry) throws {
    if entry.container == nil { try daemons.assign(to: host) } else { try assign(entry) }
  }

  /// Makes what was assigned hold for every task.
  func publish() { daemons.publish() }

  // MARK: Classification

  /// Some container is not known yet.
  var isWaiting: Bool { !waiting.isEmpty }

  /// Keeps an event of a container that is not known yet.
  func hold(_ event: UnsafeRawBufferPointer, of entry: ContainerEntry) {
    if entry.held?.hasRoom(for: event.count) == false { settle(entry, isLate: true) }
    if entry.held == nil { return onReplay(event, entry) }
    entry.held?.append(event)
    daemons.ledger.facts?.add(.held, entry.contid, event)
  }

  /// Gives their daemons to the containers that are known by now.
  /// - Parameter isLate: to all of them, known or not.
  func settle(isLate: Bool = false) {
    classifier.take()
    guard !waiting.isEmpty else { return }
    let now = Clock.read(CLOCK_MONOTONIC)
    for (entry, deadline) in waiting { settle(entry, isLate: isLate || now >= deadline) }
  }

  private func settle(_ entry: ContainerEntry, isLate: Bool) {
    guard let container = entry.container, let held = entry.held else { return }
    if let outer = entry.outer, outer.held != nil {
      guard isLate else { return }
      settle(outer, isLate: true)
    }
    if entry.mayBeRuntime, !isLate { return }
    let answer = classifier.answer(
      for: container.contid, path: container.cgroupPath, process: container.initPID,
      in: entry.outer?.container?.initPID)
    guard let metadata = answer ?? (isLate ? Classifier.known(of: container.cgroupPath) : nil)
    else { return }
    take(entry, held, by: metadata)
  }

  /// Gives a container its daemons, and takes the events of it that were held.
  func take(_ entry: ContainerEntry, _ held: HeldEvents, by metadata: ContainerMetadata) {
    outside.recorder?.begin(entry)
    entry.identify(by: metadata)
    entry.held = nil
    waiting.removeAll { $0.entry === entry }
    do {
      try assign(entry)
      daemons.publish()
    } catch {
      logger.error("container \(entry.container!.name): \(error)")
    }
    note(entry)
    daemons.tell(.set, of: entry, at: entry.born)
    held.replay { onReplay($0, entry) }
    outside.recorder?.end(.settled, of: entry) {
      $0.put(entry.contid)
      $0.put(metadata)
    }
  }

  func assign(_ entry: ContainerEntry) throws {
    try daemons.assign(to: entry)
    for cgroup in entry.cgroups { try setPolicy(of: entry, cgroup: cgroup) }
    if entry.ownDaemons.isEmpty, !entry.isToldUnmatched {
      entry.isToldUnmatched = true
      logger.notice(
        "container \(entry.container!.name) (\(entry.number)): no daemon's scope.conf means it")
    }
  }

  func setPolicy(of entry: ContainerEntry, cgroup: UInt64) throws {
    let known = capture.cgroups.value(cgroup)
    // It has just become a container of its own: that is still in the ring.
    if let known, known.contid == cgroup, cgroup != entry.contid { return }
    if entry.account == ACCOUNT_HOST { entry.account = account(of: entry) }
    try capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: entry.contid, outer: entry.outer?.contid ?? 0, policy: entry.policy, unsaid: 0,
        fresh: cgroup != entry.contid
          ? known?.fresh ?? CGROUP_USED.rawValue
          : entry.container?.isShared == true ? CGROUP_SHARED.rawValue : CGROUP_USED.rawValue,
        inner: known?.inner ?? 0,
        pidns: cgroup == entry.contid ? entry.container?.pidNamespace ?? 0 : 0,
        declared: entry.declared, account: entry.account, pad: 0,
        number: cgroup == entry.contid ? entry.number : 0))
  }

  /// What BPF has given a container at its birth, or an account that is free.
  private func account(of entry: ContainerEntry) -> UInt32 {
    if let root = capture.cgroups.value(entry.contid), root.contid == entry.contid,
      root.account != ACCOUNT_HOST
    {
      return root.account
    }
    return capture.credits.hold(for: entry.contid)
  }

  // MARK: Cgroups

  /// A cgroup that was made or removed.
  func handle(_ event: CgroupEvent, at time: EventTime) {
    let fixed = event.fixed
    switch UInt32(fixed.op) {
    case CGROUP_MKDIR.rawValue:
      let entry = entry(fixed.header.contid) ?? host
      classifier.notice(
        fixed.cgroup, path: String(path: event.path), maker: fixed.header.task,
        in: entry.container?.initPID)
      guard entry.container != nil else { return }
      entry.cgroups.insert(fixed.cgroup)
      last = nil
      members[fixed.cgroup] = entry
      note(fixed.cgroup, in: entry)
      outside.recorder?.member(fixed.cgroup, of: entry)
      // It may have inherited the policy of a moment ago.
      if fixed.policy != entry.policy { try? setPolicy(of: entry, cgroup: fixed.cgroup) }
    case CGROUP_RMDIR.rawValue:
      classifier.forget(fixed.cgroup)
      last = nil
      let around = members.removeValue(forKey: fixed.cgroup)
      if around != nil {
        note(fixed.cgroup, in: nil)
        outside.recorder?.member(fixed.cgroup, of: nil)
      }
      around?.cgroups.remove(fixed.cgroup)
      capture.cgroups.remove(fixed.cgroup)
      if let entry = containers[fixed.cgroup] { end(entry, at: time) }
      if let around { endIfEmpty(around, at: time) }
    case CGROUP_EMPTY.rawValue:
      if let entry = containers[fixed.cgroup] { endIfEmpty(entry, at: time) }
    default:
      break
    }
  }

  // MARK: Ends

  /// Once a second: what no event tells.
  func tidy() {
    classifier.relieve()
    lookForNames()
    for entry in entries where entry.isDeclared { tidy(entry) }
    endGone()
  }

  /// Ends the containers that are gone: a full ring may have refused to say so. What they have done before may still be in
  /// the ring, so that one ends once everything was taken that was there when it was found to be gone.
  private func endGone() {
    guard capture.position >= gone.end else { return }
    for entry in gone.entries where containers[entry.contid] === entry && isGone(entry) {
      if !entry.isDeclared { capture.cgroups.remove(entry.contid) }
      end(entry, at: .now)
    }
    gone = (entries.dropFirst().filter(isGone), capture.endPosition)
  }

  private func isGone(_ entry: ContainerEntry) -> Bool {
    guard let container = entry.container, !entry.isDeclared else { return isEmpty(entry) }
    return !hierarchy.has(entry.contid, at: container.cgroupPath)
  }

  func end(_ entry: ContainerEntry, at time: EventTime) {
    // A container's cgroups are removed in any order; what is around them is told of their events in that of their births.
    if entry.held != nil, let outer = entry.outer {
      for (older, _) in waiting.prefix(while: { $0.entry !== entry })
      where older.outermost === outer.outermost {
        settle(older, isLate: true)
      }
    }
    settle(entry, isLate: true)
    outside.recorder?.begin(entry)
    beforeEnd(entry)
    daemons.tell(.drop, of: entry, at: time)
    drop(entry)
    outside.recorder?.end(.ended, of: entry) {
      $0.put(entry.contid)
      $0.put(time)
    }
  }

  /// Knows nothing more of a container.
  func drop(_ entry: ContainerEntry) {
    if entry.isDeclared {
      capture.declarations.end(entry.contid)
      capture.cgroups.remove(entry.contid)
    }
    capture.credits.release(entry.account, of: entry.contid)
    forget(entry)
    ended.note(entry)
    classifier.forget(entry.contid)
    daemons.release(entry)
    capture.views.remove(entry.contid)
  }

  func forget(_ entry: ContainerEntry) {
    last = nil
    daemons.ledger.facts?.add(.gone, entry.contid)
    for cgroup in entry.cgroups { members[cgroup] = nil }
    members[entry.contid] = nil
    containers[entry.contid] = nil
    if entry.outer != nil { entry.outermost.innerCount -= 1 }
  }
}
