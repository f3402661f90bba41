internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// Takes the events in the ring's order: keeps what is known of processes and containers, and passes syscalls
/// on to their daemons.
final class Dispatcher {
  private let capture: Capture
  private let daemons: DaemonTable
  private let hierarchy: CgroupHierarchy
  private let logger: Logger

  private var processes = ProcessTable()
  private let capabilities: CapabilityTable
  private var delivery: Delivery
  private var clock = Clock()
  private var interpreters = ElfInterpreter()
  private let forks = ForkTable()
  private var containers: [UInt64: ContainerEntry] = [:]
  /// What is in no container.
  let host = ContainerEntry(container: nil, outer: nil, view: .host, instance: 0)
  /// Of the container that comes next.
  private var nextInstance: UInt32 = 1

  /// Called with its contid before a container ends, while its daemons can still be told of something.
  var beforeEnd: (UInt64) -> Void = { _ in }

  /// Events that could not be understood: none, unless the two sides disagree about the ABI.
  private(set) var malformed: UInt64 = 0

  init(capture: Capture, daemons: DaemonTable, hierarchy: CgroupHierarchy, logger: Logger) {
    self.capture = capture
    self.daemons = daemons
    self.hierarchy = hierarchy
    self.logger = logger
    capabilities = CapabilityTable(identifier: capture.identifier)
    delivery = Delivery(
      check: NameCheck(identifier: capture.identifier, isHooked: capture.backend == .hooks),
      capabilities: capabilities)
  }

  /// The host first, then every container.
  var entries: [ContainerEntry] {
    [host] + containers.values.sorted { $0.contid < $1.contid }
  }

  /// The container with this contid, the host for 0, nil for one that is gone.
  func entry(_ contid: UInt64) -> ContainerEntry? { contid == 0 ? host : containers[contid] }

  /// Gives the host its daemons.
  func startHost() throws {
    try daemons.assign(to: host)
    daemons.publish()
  }

  /// Takes up a container that runs already.
  func adopt(_ container: Container) {
    guard containers[container.contid] == nil else { return }
    var cgroups: Set<UInt64> = [container.contid]
    for path in hierarchy.descendants(of: container.cgroupPath) {
      if let id = hierarchy.id(of: path) { cgroups.insert(id) }
    }
    begin(container, cgroups: cgroups)
  }

  /// Gives every container its daemons anew, after a reload.
  func reassign() throws {
    try daemons.assign(to: host)
    for entry in entries.dropFirst() { try assign(entry) }
    daemons.publish()
  }

  /// Has every daemon say in its log what it missed.
  func tellLosses() {
    for daemon in daemons.all { daemon.tellLosses(at: .now) }
    daemons.submit()
  }

  /// To be called once a second.
  func tidy() {
    endMissing()
    capabilities.tidy()
  }

  /// To be called before the ring is drained.
  func beginBatch() { clock.synchronise() }

  /// Takes one event, as it lies in the ring.
  func handle(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<event_header>.size else {
      malformed += 1
      return
    }
    let header = bytes.loadUnaligned(as: event_header.self)
    switch UInt32(header.type) {
    case EVENT_SYSCALL.rawValue:
      guard var event = SyscallEvent(bytes) else { break }
      if event.fixed.touches != 0 { event.touched = processes.touched(header.task) }
      handle(event, header)
      if event.fixed.touches != 0 { processes.clearTouched(header.task) }
      return
    case EVENT_REQUEST.rawValue:
      guard let event = RingRequest(bytes) else { break }
      handle(event, bytes, header)
      processes.clearTouched(header.task)
      return
    case EVENT_PROCESS.rawValue:
      guard let event = ProcessEvent(bytes) else { break }
      processes.update(event)
      return
    case EVENT_ARGV.rawValue:
      guard let event = ArgvEvent(bytes) else { break }
      processes.append(event)
      return
    case EVENT_TOUCHED.rawValue:
      guard let event = TouchedEvent(bytes) else { break }
      processes.append(event)
      return
    case EVENT_TARGET.rawValue:
      guard let event = TargetEvent(bytes) else { break }
      processes.append(event)
      return
    case EVENT_OWN.rawValue:
      guard let event = OwnEvent(bytes) else { break }
      if event.isOfSyscall { processes.append(event) } else { handle(event, header) }
      return
    case EVENT_EXIT.rawValue:
      // The syscall of which it would have been was not told.
      processes.owns(header.task).forEach { handle($0, header) }
      let requests = processes.requests(header.task)
      requests.forEach { deliverAlone($0, header) }
      processes.remove(header.task)
      forks.remove(header.task)
      return
    case EVENT_FORK.rawValue:
      guard let event = ForkEvent(bytes), let parent = processes.process(header.task) else { break }
      forks.fork(event.fixed.child, by: parent, in: entry(header.contid) ?? host)
      return
    case EVENT_CONTAINER.rawValue:
      guard let event = ContainerEvent(bytes) else { break }
      handle(event, header)
      return
    case EVENT_CGROUP.rawValue:
      guard let event = CgroupEvent(bytes) else { break }
      handle(event)
      return
    default:
      break
    }
    malformed += 1
  }

  private func handle(_ event: SyscallEvent, _ header: event_header) {
    let entry = entry(header.contid) ?? host
    entry.seen += 1
    guard let process = processes.process(header.task) else {
      entry.lost += 1
      malformed += 1
      return
    }
    // What BPF decided by older tables, or before the container had its policy, is decided again here.
    let judged = event.fixed.policy == entry.policy && event.fixed.generation == daemons.generation
    let wants = judged ? event.fixed.wants : UInt32.max
    let argv = processes.argv(header.task)
    let targets = event.fixed.targets > 0 ? processes.targets(header.task) : .none
    let isOwned = UInt32(header.flags) & EVENT_OWNED.rawValue != 0
    let owns = isOwned ? processes.owns(header.task) : .none
    let loader = argv.count > 0 ? loaderName(of: event, process, entry) : nil
    let time = clock.time(sinceBoot: header.time)
    let titles = processes.keptTitles(header.task)
    let requests = isOwned ? processes.requests(header.task) : .none
    let wanted: UInt32
    if !requests.isEmpty {
      wanted = delivery.deliver(
        requests, in: event, of: process, owns: owns, to: entry,
        forked: forks.verdicts(of: header.task), time: time, titles: titles)
      processes.clearRequests(header.task)
    } else if let loader {
      wanted = loader.withUnsafeBytes {
        delivery.deliver(
          event, of: process, argv: argv, targets: targets, owns: owns, to: entry, wants: wants,
          forked: forks.verdicts(of: header.task), time: time, loaderName: $0,
          titles: titles)
      }
    } else {
      wanted = delivery.deliver(
        event, of: process, argv: argv, targets: targets, owns: owns, to: entry, wants: wants,
        forked: forks.verdicts(of: header.task), time: time, loaderName: nil,
        titles: titles)
    }
    if wanted != 0 || isOwned { entry.written += 1 }
    if wanted != 0 {
      if event.isUnreadable || argv.count < Int(event.fixed.argv_bytes) { entry.unreadable += 1 }
      let routes = entry.routes
      for index in routes.indices where wanted >> UInt32(index) & 1 == 1 {
        processes.tell(header.task, to: routes[index].daemon.number)
      }
    }
    if argv.count > 0 { processes.clearArgv(header.task) }
    if targets.count > 0 { processes.clearTargets(header.task) }
    if isOwned { processes.clearOwns(header.task) }
  }

  private func handle(
    _ event: RingRequest, _ bytes: UnsafeRawBufferPointer, _ header: event_header
  ) {
    if event.isOfSyscall, processes.append(event) { return }
    let touched = event.event.fixed.touches == 0 ? .none : processes.touched(header.task)
    if let request = RingRequest(bytes, touched: touched) { deliverAlone(request, header) }
  }

  /// A request that is an event of its own.
  private func deliverAlone(_ request: RingRequest, _ header: event_header) {
    let entry = entry(header.contid) ?? host
    entry.seen += 1
    guard let process = processes.process(header.task) else {
      entry.lost += 1
      malformed += 1
      return
    }
    let wanted = delivery.deliver(
      RingRequests(request), in: nil, of: process, owns: .none, to: entry,
      forked: forks.verdicts(of: header.task),
      time: clock.time(sinceBoot: request.event.fixed.header.time), titles: [])
    if wanted != 0 { entry.written += 1 }
  }

  /// A record of the kernel's own that belongs to no syscall.
  private func handle(_ event: OwnEvent, _ header: event_header) {
    let entry = entry(header.contid) ?? host
    entry.seen += 1
    let time = clock.time(sinceBoot: event.process.fixed.header.time)
    if delivery.deliver(event, to: entry, time: time) { entry.written += 1 }
  }

  /// The name of the dynamic loader: an exec's last item, which BPF cannot read.
  private func loaderName(
    of event: SyscallEvent, _ process: ProcessEvent, _ entry: ContainerEntry
  ) -> [UInt8]? {
    var executable: event_object?
    var hasLoader = false
    for index in 0..<Int(EVENT_OBJECTS_MAX) {
      guard let object = event.object(index) else { continue }
      switch UInt32(object.role) {
      case OBJECT_EXECUTABLE.rawValue where executable == nil,
        OBJECT_INTERPRETER.rawValue:
        executable = object
      case OBJECT_LOADER.rawValue: hasLoader = true
      default: break
      }
    }
    guard hasLoader, let executable else { return nil }
    return interpreters.name(
      of: .init(dev: executable.dev, ino: executable.ino, ctime: executable.ctime),
      executedBy: process.fixed.tgid, path: process.exe,
      rootOf: entry.container?.initPID ?? UInt32(getpid()))
  }

  private func handle(_ event: ContainerEvent, _ header: event_header) {
    guard containers[header.cgroup] == nil else { return }
    let fixed = event.fixed
    func extents(_ kind: section_kind) -> [IDExtent] {
      event.extents(kind).map { IDExtent(first: $0.first, lower: $0.lower, count: $0.count) }
    }
    begin(
      Container(
        contid: header.cgroup, outer: header.contid == 0 ? nil : header.contid,
        cgroupPath: event.cgroupPath, initPID: fixed.`init`, pidNamespace: fixed.pidns,
        uidMap: extents(SECTION_UID_MAP), gidMap: extents(SECTION_GID_MAP)),
      cgroups: [header.cgroup])
  }

  private func begin(_ container: Container, cgroups: Set<UInt64>) {
    let entry = ContainerEntry(
      container: container, outer: container.outer.flatMap { containers[$0] },
      view: NamespaceView(
        pidns: container.pidNamespace,
        uidMap: container.uidMap.map(event_id_extent.init),
        gidMap: container.gidMap.map(event_id_extent.init)),
      instance: nextInstance)
    nextInstance &+= 1
    entry.cgroups = cgroups
    containers[container.contid] = entry
    do {
      try capture.views.set(container.contid, policy_view(container))
      try assign(entry)
      daemons.publish()
    } catch {
      logger.error("container \(container.name): \(error)")
    }
  }

  private func assign(_ entry: ContainerEntry) throws {
    try daemons.assign(to: entry)
    for cgroup in entry.cgroups { try setPolicy(of: entry, cgroup: cgroup) }
  }

  private func setPolicy(of entry: ContainerEntry, cgroup: UInt64) throws {
    try capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: entry.contid, outer: entry.outer?.contid ?? 0, policy: entry.policy, unsaid: 0))
  }

  /// Ends the containers whose cgroup is gone: a full ring may have refused to say so.
  private func endMissing() {
    for entry in entries.dropFirst() {
      guard let container = entry.container, hierarchy.id(of: container.cgroupPath) != entry.contid
      else { continue }
      capture.cgroups.remove(entry.contid)
      end(entry)
    }
  }

  private func end(_ entry: ContainerEntry) {
    beforeEnd(entry.contid)
    containers[entry.contid] = nil
    daemons.release(entry)
    capture.views.remove(entry.contid)
  }

  private func handle(_ event: CgroupEvent) {
    let fixed = event.fixed
    switch UInt32(fixed.op) {
    case CGROUP_MKDIR.rawValue:
      guard let entry = containers[fixed.header.contid] else { return }
      entry.cgroups.insert(fixed.cgroup)
      // It inherited the policy of a moment ago.
      try? setPolicy(of: entry, cgroup: fixed.cgroup)
    case CGROUP_RMDIR.rawValue:
      containers[fixed.header.contid]?.cgroups.remove(fixed.cgroup)
      capture.cgroups.remove(fixed.cgroup)
      if let entry = containers[fixed.cgroup] { end(entry) }
    default:
      break
    }
  }
}

extension policy_view {
  /// A map that is too long to be told is left to the collector.
  fileprivate init(_ container: Container) {
    self.init()
    pidns = container.pidNamespace
    uid_extents = UInt32(container.uidMap.count)
    gid_extents = UInt32(container.gidMap.count)
    Self.store(container.uidMap, in: &uid)
    Self.store(container.gidMap, in: &gid)
  }

  private static func store<Extents>(_ map: [IDExtent], in extents: inout Extents) {
    withUnsafeMutableBytes(of: &extents) { bytes in
      for (index, extent) in map.prefix(Int(POLICY_EXTENTS_MAX)).enumerated() {
        bytes.storeBytes(
          of: policy_extent(first: extent.first, lower: extent.lower, count: extent.count),
          toByteOffset: index * MemoryLayout<policy_extent>.stride, as: policy_extent.self)
      }
    }
  }
}

extension event_id_extent {
  fileprivate init(_ extent: IDExtent) {
    self.init(first: extent.first, lower: extent.lower, count: extent.count)
  }
}
