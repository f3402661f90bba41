internal import AuditRecords
internal import AuditRules
internal import CNestaudit
internal import Capture
internal import Containers
import Glibc
public import Logging

/// The collector: one capture, a daemon for each scope, and the loop that ties them together.
///
/// Everything but the logs' writing happens on the thread that calls `run()`.
public final class Collector {
  /// Of the program; here and nowhere else.
  public static let version = "0.1.0"

  private let configuration: CollectorConfiguration
  private let logger: Logger
  private let capture: Capture
  private let hierarchy: CgroupHierarchy
  private let daemons: DaemonTable
  private let containers: ContainerTable
  private let dispatcher: Dispatcher
  private let losses: LossAccount
  private let containment: Containment
  private let signals: SignalSource
  private var waiter: Waiter
  private let keeper: Keeper
  /// What an earlier collector has left in the ring comes first: only then what is there now is looked for.
  private var isCatchingUp: Bool
  private let reloads: Reloads
  private let desk: ControlDesk
  private let outside = Outside()
  private let recordings: RecordingDesk

  /// Asks from other threads: what `ps` wants to know.
  public let mailbox: Mailbox

  /// Loads the programs, opens the logs of the daemons that need no container, and begins to capture.
  /// - Parameter reload: reads the configuration again, on a thread of its own.
  /// - Throws: one error with its cure; then nothing is left behind.
  public init(
    configuration: CollectorConfiguration, logger: Logger,
    reload: @escaping @Sendable () throws -> CollectorConfiguration
  ) throws {
    self.configuration = configuration
    self.logger = logger
    reloads = Reloads(read: reload)
    guard let hierarchy = CgroupHierarchy() else {
      throw CollectorError(
        "no cgroup2 hierarchy is mounted; mount one: mount -t cgroup2 cgroup2 /sys/fs/cgroup")
    }
    self.hierarchy = hierarchy
    signals = SignalSource()
    mailbox = Mailbox()
    Limits.raiseDescriptors()
    let keeper = Keeper(stateDirectory: configuration.stateDirectory, logger: logger)
    let capture = try keeper.capture(
      ringSize: configuration.ringSize, backend: configuration.backend)
    self.keeper = keeper
    self.capture = capture
    isCatchingUp = capture.isTakenOver
    var isReady = false
    defer { if !isReady, !capture.isTakenOver { keeper.end() } }
    let freezer = CgroupFreezer(hierarchy)
    FrozenList.thawLeft(in: configuration.stateDirectory, by: freezer, logger: logger)
    capture.loadFunctions()
    RuleFile.learnKernelFeatures()
    let goesFirst = Priority.raise()
    try Privileges.drop()
    capture.control.pointee.seccomp = SeccompLog.read()
    daemons = try DaemonTable(
      configuration: configuration, capture: capture, ledger: keeper.ledger, logger: logger,
      outside: outside, writers: LogWriters(keptIn: keeper.ledger.memory))
    containers = ContainerTable(
      capture: capture, daemons: daemons, hierarchy: hierarchy,
      limits: ContainerLimits(
        depth: configuration.maxDepth, inner: configuration.maxContainers), logger: logger,
      outside: outside)
    containment = Containment(
      daemons: daemons, freezer: freezer, credits: capture.credits,
      stateDirectory: configuration.stateDirectory,
      ringSize: Int(capture.ringSize), logger: logger)
    dispatcher = Dispatcher(
      capture: capture, daemons: daemons, containers: containers, containment: containment,
      outside: outside)
    losses = LossAccount(
      capture: capture, containers: containers, daemons: daemons, containment: containment)
    desk = ControlDesk(
      daemons: daemons, containers: containers, hierarchy: hierarchy,
      snapshot: { [capture, containment] entries, daemons in
        Collector.snapshot(capture, daemons, entries, containment, hierarchy)
      })
    recordings = RecordingDesk(
      capture: capture, daemons: daemons, containers: containers, dispatcher: dispatcher,
      outside: outside)
    containers.beforeEnd = { [unowned losses, containment] entry in
      losses.close(entry.contid)
      containment.forget(entry)
    }
    waiter = Waiter(
      events: capture.eventsDescriptor,
      others: [
        signals.descriptor, mailbox.descriptor, reloads.descriptor,
        daemons.watches.follower.descriptor,
      ],
      control: capture.control)

    // Closing one takes it out of the waiter.
    daemons.watches.follower.onMountTable = { [unowned self] descriptor, isNew in
      if isNew { waiter.add(mountTable: descriptor) }
    }
    keeper.connect(capture, containers, dispatcher, losses, daemons)
    try containers.startHost()
    if isCatchingUp { keeper.restore(containers, dispatcher, losses) } else { containers.adopt() }
    try capture.attach()
    for program in capture.missing {
      logger.warning("\(program.program) is not there: \(program.reason)")
    }
    if let reason = capture.everyEndReason {
      logger.info("every syscall is looked at when it ends: \(reason)")
    }
    daemons.tellRules()
    if isCatchingUp {
      containers.resume()
      try daemons.forgetInherited()
      keeper.restoreForks(dispatcher)
      losses.chargeLeft()
      daemons.watches.forgetOthers()
    } else {
      containers.adopt()
    }
    keeper.tellLost(capture, daemons, containers.host)
    keeper.ledger.forgetUnclaimed()
    daemons.submit()
    if !goesFirst {
      logger.info(
        "its nice value counts among its session only: start it as a service, or with setsid(1)")
    }
    isReady = true
  }

  /// Collects until SIGTERM or SIGINT, then writes everything that was captured.
  /// - Parameter ready: called once the loop has begun.
  /// - Returns: records that could not be written, 0 if all is well.
  public func run(ready: () -> Void) -> Int {
    ready()
    nestaudit_trim_memory()
    var nextTick = Clock.read(CLOCK_MONOTONIC)
    var sender: SignalSource.Sender?
    var drained = (events: 0, hasMore: false)
    var hasChanges = false
    while sender == nil {
      waiter.wait(
        afterEvents: drained.events, isBehind: drained.hasMore,
        isBusy: hasChanges || containers.isWaiting || !containment.slowed.isEmpty
      ) {
        daemons.watches.follower.take($0)
      }
      hasChanges = daemons.watches.followChanges()
      daemons.names.take()
      drained = drain()
      if isCatchingUp, !drained.hasMore {
        isCatchingUp = false
        containers.adopt()
        logger.info("all that an earlier collector has left is taken")
      }
      recordings.tend()
      containment.relieve()
      containers.settle()
      for signal in signals.read() {
        switch Int32(signal.signal) {
        case SIGHUP: reloads.ask(by: signal)
        case SIGUSR1: daemons.rotateLogs(askedBy: containers.asker(signal))
        case SIGUSR2: daemons.resumeLogs(askedBy: containers.asker(signal))
        default: sender = signal
        }
      }
      mailbox.answer { self.answer($0) }
      reloads.finish { self.goBy($0, askedBy: $1) }
      noticeListeners()
      if Clock.read(CLOCK_MONOTONIC) >= nextTick {
        losses.settle()
        containment.tidy()
        // A container that is gone may have events in the ring that go before.
        if !isCatchingUp { containers.tidy() }
        dispatcher.tidy()
        daemons.tidy()
        capture.control.pointee.seccomp = SeccompLog.read()
        nextTick = Clock.read(CLOCK_MONOTONIC) + 1_000_000_000
      }
    }
    mailbox.stopAnswering()
    reloads.abandon()
    if configuration.staysOnStop, keeper.isKept { return leave() }
    capture.detach()
    containment.thawAll()
    while drain().events > 0 {}
    containers.settle(isLate: true)
    losses.settle()
    recordings.endAndWait()
    defer { keeper.end() }
    return daemons.end(askedBy: sender.map(containers.asker))
  }

  /// Ends and leaves everything to another collector: the programs go on, and what is in the ring stays there.
  private func leave() -> Int {
    containment.thawAll()
    losses.settle()
    daemons.leave()
    capture.leave()
    logger.notice("the programs stay at work; 'nestaudit run' goes on, 'nestaudit unload' ends it")
    return 0
  }

  private func noticeListeners() {
    do {
      try capture.noticeListeners()
    } catch {
      logger.error("answers of fanotify's listeners have no syscall: \(error)")
    }
  }

  /// Who has few lines is not to wait until all that another's flood has brought is rendered; in nanoseconds.
  private static let longestHeld: Int64 = 5_000_000

  private func drain() -> (events: Int, hasMore: Bool) {
    dispatcher.beginBatch()
    var submitted = Clock.read(CLOCK_MONOTONIC)
    let drained = capture.drain {
      dispatcher.handle($0)
    } beforeGivingBack: {
      let now = Clock.read(CLOCK_MONOTONIC)
      if now - submitted < Self.longestHeld { return keeper.ledger.commit() }
      daemons.submit()
      submitted = now
    }
    containment.tellStops()
    daemons.submit()
    capture.giveBack()
    return drained
  }

  /// Goes by what was read, or stays with what there is.
  private func goBy(
    _ read: Result<CollectorConfiguration, any Error>, askedBy sender: SignalSource.Sender
  ) -> ReloadOutcome {
    let pid = sender.process.pid
    let asker = pid == 0 ? "" : ", asked by pid \(pid)"
    do {
      let new = try read.get()
      let kept = try daemons.reload(
        new, askedBy: containers.asker(sender), entries: containers.entries,
        reassign: { try containers.reassign() })
      containers.adoptNamed()
      let messages = kept + new.waitingForRestart(since: configuration)
      for message in messages { logger.warning("\(message)") }
      daemons.tellRules()
      logger.info("configuration read again\(asker)")
      let odd = new.daemons.flatMap(\.ruleset.warnings).map(\.description)
      let rules = new.daemons.reduce(0) { $0 + $1.ruleset.rules.count }
      return .done(daemons: new.daemons.count, rules: rules, warnings: messages + odd)
    } catch {
      logger.error("configuration not changed\(asker): \(error)")
      return .failed("\(error)")
    }
  }

  private func answer(_ question: Mailbox.Question) -> Mailbox.Answer? {
    switch question.subject {
    case .status:
      return .status(
        Self.snapshot(capture, daemons.all, containers.entries, containment, hierarchy))
    case .rules(let name):
      return .rules(daemons.rules(of: name, entries: containers.entries, hierarchy: hierarchy))
    case .reload(let sender):
      reloads.ask(by: sender, question)
      return nil
    case .record(let names):
      return .recording(Result { () throws(ControlRefusal) in try recordings.begin(only: names) })
    case .endRecording:
      recordings.end()
      return .recordingEnded
    case .wish(let wish, let peer): return .wish(desk.answer(wish, by: peer))
    }
  }
}
