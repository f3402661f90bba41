internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Glibc

/// How containers begin: found at the start, announced by their runtime, told by BPF.
extension ContainerTable {
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
    if runtime.cgroup?.isPath(in: found.cgroupPath) == true {
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
      begin(
        container, cgroups: Set([container.contid] + cgroups(below: container)), at: .now,
        isRunning: true)
      takeNewer(below: container)
    }
  }

  /// Takes in the cgroups that were made below a container since they were listed: to BPF they were the host's.
  private func takeNewer(below container: Container) {
    for _ in 0..<Self.mostLooks {
      guard let entry = containers[container.contid] else { return }
      let newer = cgroups(below: container).filter { members[$0] == nil }
      if newer.isEmpty { return }
      last = nil
      for cgroup in newer {
        entry.cgroups.insert(cgroup)
        members[cgroup] = entry
        note(cgroup, in: entry)
        outside.recorder?.member(cgroup, of: entry)
        try? setPolicy(of: entry, cgroup: cgroup)
      }
      publish()
    }
  }

  /// So often it is looked for cgroups that were made since the last look: in those that are known they are known from the beginning.
  private static let mostLooks = 8

  /// Those that the kernel's table takes; the others, and those that no path is long enough for, are found by what is around them.
  private func cgroups(below container: Container) -> [UInt64] {
    capture.control.pointee.unlisted = 1
    return hierarchy.descendants(of: container.cgroupPath).prefix(ContainerLimits.listed)
      .compactMap { hierarchy.id(of: $0) }
  }

  /// A container's birth.
  func handle(_ event: ContainerEvent, _ header: event_header, at time: EventTime) {
    let fixed = event.fixed
    let isShared = fixed.shared != 0
    if let known = containers[header.cgroup] {
      guard known.container?.isShared == true, !isShared else { return }
      withdraw(known, at: time)
    }
    let outer = entry(header.contid) ?? host
    let path = Self.whole(String(path: event.cgroupPath), in: outer)
    if isShared, !isCgroupOfContainer(path) || outer.isDeclared(with: fixed.`init`) {
      if outer.isDeclared {
        outer.take(cgroup: path)
        note(outer)
      }
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

  /// A path that was too long to be told as one that is no other's.
  private static func whole(_ path: String, in outer: ContainerEntry) -> String {
    path.isAbsolutePath ? path : (outer.container?.cgroupPath ?? "") + "/" + path
  }

  /// What was taken for a container was its runtime, in the container's cgroup: it is whose the one around it is.
  private func withdraw(_ entry: ContainerEntry, at time: EventTime) {
    guard let held = entry.held else { return end(entry, at: time) }
    withdraw(entry, held)
  }

  func withdraw(_ entry: ContainerEntry, _ held: HeldEvents) {
    outside.recorder?.begin(entry)
    entry.held = nil
    waiting.removeAll { $0.entry === entry }
    forget(entry)
    let outer = entry.outer ?? host
    held.replay { event in
      if outer.held == nil { onReplay(event, outer) } else { hold(event, of: outer) }
    }
    outside.recorder?.end(.withdrawn, of: entry) { $0.put(entry.contid) }
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
      capture.cgroups.forgetBirth(in: container.contid)
      return refuse(container.contid, in: outer!)
    }
    let entry = add(withOwnNumber(container), in: outer, cgroups: cgroups, at: time)
    // What shares its namespaces may yet turn out to be the runtime, on its way to the container's first process.
    entry.mayBeRuntime =
      container.isShared && !isRunning && !daemons.namesCgroup(container.cgroupPath)
    entry.held = HeldEvents(isInner: outer != nil)
    for cgroup in cgroups { members[cgroup] = entry }
    note(entry)
    do {
      try capture.views.set(container.contid, policy_view(container))
      for cgroup in cgroups { try setPolicy(of: entry, cgroup: cgroup) }
      daemons.publish()
    } catch {
      logger.error("container \(container.name): \(error)")
    }
    outside.recorder?.container(entry, .held)
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
    capture.control.pointee.instances = nextInstance
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

  /// A cgroup is no container of its own: it is whose the one around it is, until one begins in it.
  private func refuse(_ cgroup: UInt64, in outer: ContainerEntry) {
    last = nil
    members[cgroup] = outer
    note(cgroup, in: outer)
    outside.recorder?.member(cgroup, of: outer)
    if outer.container != nil { outer.cgroups.insert(cgroup) }
    let known = capture.cgroups.value(cgroup)
    try? capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: outer.contid, outer: outer.outer?.contid ?? 0, policy: outer.policy, unsaid: 0,
        fresh: CGROUP_USED.rawValue, inner: 0, pidns: 0, declared: outer.declared,
        account: outer.account, pad: 0, number: 0))
    // It may have had one of its own since its birth.
    if let known, !capture.cgroups.hasBirth(in: cgroup) {
      capture.credits.release(known.account, of: cgroup)
    }
    daemons.publish()
  }
}
