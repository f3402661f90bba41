internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// Takes the events in the ring's order: keeps what is known of processes and containers, and passes syscalls
/// on to their daemons.
final class Dispatcher {
  let daemons: DaemonTable
  let containers: ContainerTable
  private let containment: Containment

  private let outside: Outside
  var processes = ProcessTable()
  private let capabilities: CapabilityTable
  private var delivery: Delivery
  private var clock = Clock()
  private var interpreters = ElfInterpreter()
  let forks = ForkTable()
  /// What is kept of tasks, for a collector that takes over.
  private let tasks: TaskFacts

  /// Events that could not be understood: none, unless the two sides disagree about the ABI.
  private(set) var malformed: UInt64 = 0

  init(
    capture: Capture, daemons: DaemonTable, containers: ContainerTable, containment: Containment,
    outside: Outside
  ) {
    self.outside = outside
    self.daemons = daemons
    self.containment = containment
    self.containers = containers
    tasks = TaskFacts(daemons.ledger)
    capabilities = CapabilityTable(identifier: capture.identifier, outside: outside)
    delivery = Delivery(
      check: NameCheck(
        identifier: capture.identifier, isHooked: capture.backend == .hooks, outside: outside),
      capabilities: capabilities, containment: containment, container: { containers.named($0) })
    containers.onReplay = { [unowned self] in take($0, of: $1) }
    forks.onVerdicts = { [tasks] in tasks.tell($0) }
  }

  // MARK: For a collector that takes over

  /// Adds what has come of syscalls that are not told yet.
  func tellParts() { tasks.tellParts(of: &processes) }

  /// Adds all that is known of tasks.
  func tellTasks() { tasks.tellAll(of: processes, forks) }

  /// Takes up what was kept of a task.
  func restore(_ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer) {
    tasks.restore(kind, bytes, in: &processes)
  }

  /// Likewise what lists have said of it, once all daemons are there.
  func restoreForks(_ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer) {
    tasks.restore(kind, bytes, in: forks) { [daemons] in daemons.instances[$0] }
  }

  /// To be called once a second.
  func tidy() { capabilities.tidy() }

  /// To be called before the ring is drained.
  func beginBatch() {
    clock.synchronise()
    outside.recorder?.clock(clock.offset)
  }

  /// How the clocks stand.
  var clockOffset: Int64 { clock.offset }

  /// Goes by how the clocks stood when the events that follow were taken.
  func beginBatch(replayedAt offset: Int64) { clock.offset = offset }

  /// Takes one event, as it lies in the ring.
  func handle(_ bytes: UnsafeRawBufferPointer) {
    guard let recorder = outside.recorder else { return pass(bytes) }
    recorder.begin()
    pass(bytes)
    guard bytes.count >= MemoryLayout<event_header>.size else { return }
    let header = bytes.loadUnaligned(as: event_header.self)
    recorder.end(bytes, of: containers.entry(of: header).takeUnretainedValue())
  }

  @inline(__always)
  private func pass(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<event_header>.size else {
      malformed += 1
      return
    }
    let header = bytes.loadUnaligned(as: event_header.self)
    switch UInt32(header.type) {
    case EVENT_CONTAINER.rawValue:
      guard let event = ContainerEvent(bytes) else { break }
      return containers.handle(event, header, at: clock.time(sinceBoot: header.time))
    case EVENT_CGROUP.rawValue:
      guard let event = CgroupEvent(bytes) else { break }
      return containers.handle(event, at: clock.time(sinceBoot: header.time))
    default:
      return containers.entry(of: header)._withUnsafeGuaranteedRef { entry in
        entry.isHeld ? containers.hold(bytes, of: entry) : take(bytes, of: entry)
      }
    }
    malformed += 1
  }

  /// Takes an event of a container that is known.
  private func take(_ bytes: UnsafeRawBufferPointer, of entry: ContainerEntry) {
    let header = bytes.loadUnaligned(as: event_header.self)
    switch UInt32(header.type) {
    case EVENT_SYSCALL.rawValue:
      guard var event = SyscallEvent(bytes) else { break }
      if event.fixed.touches != 0 { event.touched = processes.touched(header.task) }
      handle(event, header, entry)
      if event.fixed.touches != 0 { processes.clearTouched(header.task) }
      return
    case EVENT_REQUEST.rawValue:
      guard let event = RingRequest(bytes) else { break }
      handle(event, bytes, header, entry)
      processes.clearTouched(header.task)
      return
    case EVENT_PROCESS.rawValue:
      guard let event = ProcessEvent(bytes) else { break }
      processes.update(event)
      tasks.tell(.process, bytes)
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
      if event.isOfSyscall { processes.append(event) } else { handle(event, entry) }
      return
    case EVENT_USER.rawValue:
      guard let event = UserEvent(bytes) else { break }
      handle(event, header, entry)
      return
    case EVENT_EXIT.rawValue:
      // The syscall of which it would have been was not told.
      processes.owns(header.task).forEach { handle($0, entry) }
      let requests = processes.requests(header.task)
      requests.forEach { deliverAlone($0, header, entry) }
      processes.remove(header.task)
      forks.remove(header.task)
      tasks.tellEnd(of: header.task)
      return
    case EVENT_FORK.rawValue:
      guard let event = ForkEvent(bytes), let parent = processes.process(header.task) else { break }
      forks.fork(event.fixed.child, by: parent, in: entry)
      return
    default:
      break
    }
    malformed += 1
  }

  /// Whose an event is: counts it; nil if nothing was said of its task.
  /// - Parameter wants: the routes that would have been asked: `RouteSet.may`.
  private func source(
    _ header: event_header, _ entry: ContainerEntry, wants: UInt32
  ) -> ProcessEvent? {
    begin(entry)
    if let process = processes.process(header.task) { return process }
    entry.books.lose(.unknownTask)
    for (index, route) in entry.routes.enumerated() where RouteSet.may(wants, index) {
      route.daemon.miss(1, .unknownTask)
      containment.missed(route)
    }
    malformed += 1
    return nil
  }

  /// Counts an event that came, of which `end` says what has become.
  private func begin(_ entry: ContainerEntry) {
    entry.books.capture()
    delivery.outcome = EventOutcome()
  }

  private func end(_ entry: ContainerEntry) { entry.books.close(delivery.outcome) }

  private func handle(
    _ event: SyscallEvent, _ header: event_header, _ entry: ContainerEntry
  ) {
    // What BPF decided by older tables, or before the container had its policy, is decided again here.
    let judged = event.fixed.policy == entry.policy && event.fixed.generation == daemons.generation
    let wants = judged ? event.fixed.wants : UInt32.max
    guard let process = source(header, entry, wants: wants) else { return }
    let argv =
      event.fixed.argv_bytes > 0 ? processes.argv(header.task) : .init(start: nil, count: 0)
    let targets = event.fixed.targets > 0 ? processes.targets(header.task) : .none
    let isOwned = UInt32(header.flags) & EVENT_OWNED.rawValue != 0
    let owns = isOwned ? processes.owns(header.task) : .none
    let loader = argv.count > 0 ? loaderName(of: event, process, entry) : nil
    let time = clock.time(sinceBoot: header.time)
    let titles = processes.keptTitles(header.task)
    let requests = isOwned ? processes.requests(header.task) : .none
    let wanted: RouteSet
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
    end(entry)
    // Other rules may want what nobody wants now.
    if wanted.isEmpty, outside.recorder != nil {
      delivery.examine(event, of: process, in: entry, time: time)
    }
    if !wanted.isEmpty {
      if event.isUnreadable || argv.count < Int(event.fixed.argv_bytes) { entry.unreadable += 1 }
      let routes = entry.routeList
      for index in 0..<routes.count where wanted.contains(index) {
        processes.tell(header.task, to: routes.withRoute(index) { $0.daemon.number })
      }
    }
    if argv.count > 0 { processes.clearArgv(header.task) }
    if targets.count > 0 { processes.clearTargets(header.task) }
    if isOwned { processes.clearOwns(header.task) }
  }

  private func handle(
    _ event: RingRequest, _ bytes: UnsafeRawBufferPointer, _ header: event_header,
    _ entry: ContainerEntry
  ) {
    if event.isOfSyscall, processes.append(event) { return }
    let touched = event.event.fixed.touches == 0 ? .none : processes.touched(header.task)
    if let request = RingRequest(bytes, touched: touched) {
      deliverAlone(request, header, entry)
    }
  }

  /// A request that is an event of its own.
  private func deliverAlone(
    _ request: RingRequest, _ header: event_header, _ entry: ContainerEntry
  ) {
    guard let process = source(header, entry, wants: .max) else { return }
    _ = delivery.deliver(
      RingRequests(request), in: nil, of: process, owns: .none, to: entry,
      forked: forks.verdicts(of: header.task),
      time: clock.time(sinceBoot: request.event.fixed.header.time), titles: [])
    end(entry)
  }

  /// A record of the kernel's own that belongs to no syscall.
  private func handle(_ event: OwnEvent, _ entry: ContainerEntry) {
    begin(entry)
    delivery.deliver(
      event, to: entry, time: clock.time(sinceBoot: event.process.fixed.header.time))
    end(entry)
  }

  /// A program's message.
  private func handle(_ event: UserEvent, _ header: event_header, _ entry: ContainerEntry) {
    begin(entry)
    delivery.deliver(event, to: entry, time: clock.time(sinceBoot: header.time))
    end(entry)
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
    let file = ElfInterpreter.File(
      dev: executable.dev, ino: executable.ino, ctime: executable.ctime)
    if let replayed = outside.replayed { return replayed.loaders[file] }
    let name = interpreters.name(
      of: file, executedBy: process.fixed.tgid, path: process.exe,
      rootOf: entry.container?.initPID ?? UInt32(getpid()))
    outside.recorder?.loader(file, in: entry, name)
    return name
  }
}
