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

  private(set) var containers: [UInt64: ContainerEntry] = [:]
  /// By cgroup: the containers' own, those in them, and those that were refused to be one.
  private var members: [UInt64: ContainerEntry] = [:]
  /// What is in no container.
  let host = ContainerEntry(container: nil, outer: nil, view: .host, instance: 0)
  /// Of the container that comes next.
  private var nextInstance: UInt32 = 1
  /// Of the container that is declared next.
  var nextDeclared: UInt32 = 1

  private let classifier = Classifier()
  /// Those that are not known yet, in the order of their births, and until when that is waited for.
  private var waiting: [(entry: ContainerEntry, deadline: Int64)] = []

  /// Whose the last event was: the next one is mostly the same's.
  private var last: (cgroup: UInt64, contid: UInt64, entry: ContainerEntry)?

  /// Called with its contid before a container ends, while its daemons can still be told of something.
  var beforeEnd: (UInt64) -> Void = { _ in }
  /// Takes the events of a container that were held, once it is known.
  var onReplay: (UnsafeRawBufferPointer, ContainerEntry) -> Void = { _, _ in }

  init(
    capture: Capture, daemons: DaemonTable, hierarchy: CgroupHierarchy, limits: ContainerLimits,
    logger: Logger
  ) {
    self.capture = capture
    self.daemons = daemons
    self.hierarchy = hierarchy
    self.limits = limits
    self.logger = logger
  }

  /// The host first, then every container.
  var entries: [ContainerEntry] {
    [host] + containers.values.sorted { $0.contid < $1.contid }
  }

  /// The container with this contid, the host for 0, nil for one that is gone.
  func entry(_ contid: UInt64) -> ContainerEntry? {
    contid == 0 ? host : containers[contid] ?? members[contid]
  }

  /// Whose an event is. The cgroup decides where it is known: what BPF had in its tables may be of a moment ago.
  func entry(of header: event_header) -> ContainerEntry {
    if let last, last.cgroup == header.cgroup, last.contid == header.contid { return last.entry }
    // A declared container's are in any cgroup.
    let declared = header.contid >= CONTID_DECLARED ? containers[header.contid] : nil
    let found = declared ?? members[header.cgroup] ?? entry(header.contid) ?? host
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
    for entry in entries.dropFirst() where entry.held == nil { try assign(entry) }
    daemons.publish()
  }

  /// Gives one entry its daemons anew; to be followed by `publish`.
  func reassign(_ entry: ContainerEntry) throws {
    if entry.container == nil { try daemons.assign(to: host) } else { try assign(entry) }
  }

  /// Makes what was assigned hold for every task.
  func publish() { daemons.publish() }

  // MARK: Births

  /// Takes up the containers that run already, outer ones first, with all that is in them, and waits until they are known.
  func adopt() {
    take(RunningContainers.find(in: hierarchy, isContainer: isCgroupOfContainer))
    let deadline = Clock.read(CLOCK_MONOTONIC) + Classifier.longestWait
    while isWaiting, Clock.read(CLOCK_MONOTONIC) < deadline {
      usleep(1000)
      settle()
    }
    settle(isLate: true)
  }

  /// Takes up the cgroups that are containers by a new configuration.
  func adoptNamed() {
    guard daemons.namesCgroups else { return }
    take(
      RunningContainers.find(in: hierarchy, isContainer: isCgroupOfContainer)
        .filter { daemons.namesCgroup($0.cgroupPath) })
  }

  /// Takes up a container that a runtime is about to start, if it is not known yet.
  /// - Parameters:
  ///   - process: the one that is to be its first.
  ///   - runtime: who says so.
  func announce(
    _ process: ProcessHandle, by runtime: ProcessIdentity
  ) throws(ControlRefusal) -> ContainerEntry {
    guard let found = RunningContainers.beginning(with: process.pid, in: hierarchy) else {
      throw ControlRefusal.gone
    }
    if let cgroup = runtime.cgroup, (cgroup + "/").hasPrefix(found.cgroupPath + "/") {
      throw ControlRefusal(
        "process \(process.pid) has no cgroup of its own; nestaudit knows containers by theirs")
    }
    // What its runtime did in the cgroup before is told of by what is around it.
    if let known = containers[found.contid], known.mayBeRuntime, known.held != nil {
      withdraw(known, at: .now)
    }
    let isNew = containers[found.contid] == nil
    if isNew {
      take([found.placed(in: innermost(around: found.cgroupPath)?.contid)])
    }
    guard let entry = containers[found.contid] else {
      throw ControlRefusal("no further container can be known; see the collector's log")
    }
    if isNew { logger.info("container \(entry.container!.name) (\(entry.number)): announced") }
    return entry
  }

  private func take(_ running: [Container]) {
    for container in running
    where members[container.contid].map({ $0.contid != container.contid }) ?? true {
      var cgroups: Set<UInt64> = [container.contid]
      for path in hierarchy.descendants(of: container.cgroupPath).prefix(ContainerLimits.listed) {
        if let id = hierarchy.id(of: path) { cgroups.insert(id) }
      }
      begin(container, cgroups: cgroups, at: .now, isRunning: true)
    }
  }

  /// A container's birth.
  func handle(_ event: ContainerEvent, _ header: event_header, at time: EventTime) {
    let fixed = event.fixed
    let isShared = fixed.shared != 0
    if let known = containers[header.cgroup] {
      guard known.container?.isShared == true, !isShared else { return }
      withdraw(known, at: time)
    }
    let path = event.cgroupPath
    let outer = entry(header.contid) ?? host
    if isShared, !isCgroupOfContainer(path) || outer.isDeclared(with: fixed.`init`) {
      if outer.isDeclared { outer.take(cgroup: path) }
      return refuse(header.cgroup, in: outer)
    }
    func extents(_ kind: section_kind) -> [IDExtent] {
      event.extents(kind).map { IDExtent(first: $0.first, lower: $0.lower, count: $0.count) }
    }
    begin(
      Container(
        contid: header.cgroup, outer: outer.container?.contid, cgroupPath: path,
        pids: event.pids.map(\.tgid), pidNamespace: fixed.pidns, isShared: isShared,
        uidMap: extents(SECTION_UID_MAP), gidMap: extents(SECTION_GID_MAP)),
      cgroups: [header.cgroup], at: time)
  }

  /// What was taken for a container was its runtime, in the container's cgroup: it is whose the one around it is.
  private func withdraw(_ entry: ContainerEntry, at time: EventTime) {
    guard let held = entry.held else { return end(entry, at: time) }
    entry.held = nil
    waiting.removeAll { $0.entry === entry }
    forget(entry)
    let outer = entry.outer ?? host
    held.replay { event in
      if outer.held == nil { onReplay(event, outer) } else { hold(event, of: outer) }
    }
  }

  /// Whether a cgroup is a container's by its path alone, whatever namespaces are in it.
  private func isCgroupOfContainer(_ path: String) -> Bool {
    CgroupForm.isContainer(path) || daemons.namesCgroup(path)
  }

  private func begin(
    _ container: Container, cgroups: Set<UInt64>, at time: EventTime, isRunning: Bool = false
  ) {
    let outer = container.outer.flatMap { containers[$0] }
    if let refusal = limits.refusal(of: outer) {
      logger.warning(
        "container \(container.name) in \(outer!.container!.name): \(refusal) (\(refusal.code ?? "")): it stays a part of that one"
      )
      return refuse(container.contid, in: outer!)
    }
    let entry = add(withOwnNumber(container), in: outer, cgroups: cgroups, at: time)
    // What shares its namespaces may yet turn out to be the runtime, on its way to the container's first process.
    entry.mayBeRuntime =
      container.isShared && !isRunning && !daemons.namesCgroup(container.cgroupPath)
    entry.held = HeldEvents(isInner: outer != nil)
    for cgroup in cgroups { members[cgroup] = entry }
    do {
      try capture.views.set(container.contid, policy_view(container))
      for cgroup in cgroups { try setPolicy(of: entry, cgroup: cgroup) }
      daemons.publish()
    } catch {
      logger.error("container \(container.name): \(error)")
    }
    waiting.append((entry, Clock.read(CLOCK_MONOTONIC) + Classifier.longestWait))
    settle()
  }

  /// A new entry, of which no daemon knows yet.
  func add(
    _ container: Container, in outer: ContainerEntry?, cgroups: Set<UInt64>, at time: EventTime,
    declaration: Declaration? = nil
  ) -> ContainerEntry {
    let entry = ContainerEntry(
      container: container, outer: outer, view: NamespaceView(container), instance: nextInstance,
      born: time, declaration: declaration)
    nextInstance &+= 1
    if outer != nil { entry.outermost.innerCount += 1 }
    entry.cgroups = cgroups
    containers[container.contid] = entry
    last = nil
    return entry
  }

  /// A cgroup's id may be a number that somebody has declared: records must tell the two apart.
  private func withOwnNumber(_ container: Container) -> Container {
    guard numbered(container.number) != nil else { return container }
    let other = container.number | 1 << 62
    logger.notice(
      "container \(container.name): its contid \(container.number) was declared of another: it is \(other)"
    )
    return container.numbered(other)
  }

  /// The container that records and people know by this number.
  func numbered(_ number: UInt64) -> ContainerEntry? {
    containers[number].flatMap { $0.container?.number == number ? $0 : nil }
      ?? (capture.declarations.isUsed
        ? containers.values.first { $0.container?.number == number } : nil)
  }

  /// A cgroup is no container of its own: it is whose the one around it is.
  private func refuse(_ cgroup: UInt64, in outer: ContainerEntry) {
    last = nil
    members[cgroup] = outer
    if outer.container != nil { outer.cgroups.insert(cgroup) }
    try? capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: outer.contid, outer: outer.outer?.contid ?? 0, policy: outer.policy, unsaid: 0,
        fresh: CGROUP_USED.rawValue, inner: 0, pidns: 0, declared: outer.declared, number: 0))
    daemons.publish()
  }

  // MARK: Classification

  /// Some container is not known yet.
  var isWaiting: Bool { !waiting.isEmpty }

  /// Keeps an event of a container that is not known yet.
  func hold(_ event: UnsafeRawBufferPointer, of entry: ContainerEntry) {
    if entry.held?.hasRoom(for: event.count) == false { settle(entry, isLate: true) }
    if entry.held == nil { return onReplay(event, entry) }
    entry.held?.append(event)
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
    entry.identify(by: metadata)
    entry.held = nil
    waiting.removeAll { $0.entry === entry }
    do {
      try assign(entry)
      daemons.publish()
    } catch {
      logger.error("container \(entry.container!.name): \(error)")
    }
    daemons.tell(.set, of: entry, at: entry.born)
    held.replay { onReplay($0, entry) }
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

  private func setPolicy(of entry: ContainerEntry, cgroup: UInt64) throws {
    let known = capture.cgroups.value(cgroup)
    // It has just become a container of its own: that is still in the ring.
    if let known, known.contid == cgroup, cgroup != entry.contid { return }
    try capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: entry.contid, outer: entry.outer?.contid ?? 0, policy: entry.policy, unsaid: 0,
        fresh: cgroup != entry.contid
          ? known?.fresh ?? CGROUP_USED.rawValue
          : entry.container?.isShared == true ? CGROUP_SHARED.rawValue : CGROUP_USED.rawValue,
        inner: known?.inner ?? 0,
        pidns: cgroup == entry.contid ? entry.container?.pidNamespace ?? 0 : 0,
        declared: entry.declared, number: cgroup == entry.contid ? entry.number : 0))
  }

  // MARK: Cgroups

  /// A cgroup that was made or removed.
  func handle(_ event: CgroupEvent, at time: EventTime) {
    let fixed = event.fixed
    switch UInt32(fixed.op) {
    case CGROUP_MKDIR.rawValue:
      let entry = entry(fixed.header.contid) ?? host
      classifier.notice(
        fixed.cgroup, path: event.path, maker: fixed.header.task, in: entry.container?.initPID)
      guard entry.container != nil else { return }
      entry.cgroups.insert(fixed.cgroup)
      last = nil
      members[fixed.cgroup] = entry
      // It may have inherited the policy of a moment ago.
      if fixed.policy != entry.policy { try? setPolicy(of: entry, cgroup: fixed.cgroup) }
    case CGROUP_RMDIR.rawValue:
      classifier.forget(fixed.cgroup)
      last = nil
      let around = members.removeValue(forKey: fixed.cgroup)
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

  /// Once a second: ends the containers whose cgroup is gone: a full ring may have refused to say so.
  func tidy() {
    classifier.relieve()
    for entry in entries.dropFirst() {
      if entry.isDeclared {
        endIfEmpty(entry, at: .now)
        continue
      }
      guard let container = entry.container, hierarchy.id(of: container.cgroupPath) != entry.contid
      else { continue }
      capture.cgroups.remove(entry.contid)
      end(entry, at: .now)
    }
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
    beforeEnd(entry.contid)
    daemons.tell(.drop, of: entry, at: time)
    drop(entry)
  }

  /// Knows nothing more of a container.
  func drop(_ entry: ContainerEntry) {
    forget(entry)
    classifier.forget(entry.contid)
    daemons.release(entry)
    capture.views.remove(entry.contid)
  }

  private func forget(_ entry: ContainerEntry) {
    last = nil
    for cgroup in entry.cgroups { members[cgroup] = nil }
    members[entry.contid] = nil
    containers[entry.contid] = nil
    if entry.outer != nil { entry.outermost.innerCount -= 1 }
  }
}
