internal import AuditRecords
internal import AuditRules
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// Every daemon: the templates that the configuration describes, and the instances that stand for containers.
final class DaemonTable {
  private let logger: Logger
  private let logDirectory: String
  private let outside: Outside
  private let writers: LogWriters
  /// When what is done here counts.
  let ledger: Ledger
  var rulesets: RulesetTable
  var policies: PolicyTable
  /// Where the paths of rules lead.
  let watches: WatchTable
  /// Who ids are, for the format ENRICHED.
  let names: NameTable
  var templates: [DaemonTemplate] = []
  /// The backend is hooks.
  let knowsNamedFiles: Bool
  /// The rules that the collector's log has told of, by daemon.
  private var told: [String: PreparedRuleset] = [:]
  var instances: [String: Daemon] = [:]
  private var nextNumber: UInt32 = 0
  /// How many containers an instance stands for.
  private var uses: [String: Int] = [:]
  private let oldLogs: OldLogs
  /// Logs of daemons that have ended, until everything is in them.
  private var closing: [DaemonLog] = []

  init(
    configuration: CollectorConfiguration, capture: Capture, ledger: Ledger, logger: Logger,
    outside: Outside, writers: LogWriters
  ) throws {
    self.writers = writers
    self.logger = logger
    self.ledger = ledger
    self.outside = outside
    names = NameTable(outside: outside)
    logDirectory = configuration.logDirectory
    oldLogs = OldLogs(in: logDirectory, logger: logger)
    knowsNamedFiles = capture.backend == .hooks
    rulesets = RulesetTable(capture: capture)
    policies = PolicyTable(capture: capture)
    watches = WatchTable(capture: capture, logger: logger, outside: outside)
    watches.onRoom = { [unowned self] in policies.setKnowsPaths($0) }
    for daemon in configuration.daemons {
      templates.append(
        try load(daemon, slot: try rulesets.takeSlot()))
    }
    try rulesets.point(templates.map { ($0.ruleset.slot, $0.ruleset.content) })
    try openGates(for: templates)
    for template in templates where !template.isPerContainer {
      _ = try instance(template, name: template.name)
    }
  }

  /// By name.
  var all: [Daemon] { instances.values.sorted { $0.name < $1.name } }

  var generation: UInt32 { policies.generation }

  /// Makes what was written to the tables hold for every task.
  func publish() { policies.publish() }

  func load(
    _ configuration: DaemonConfiguration, slot: UInt32
  ) throws -> DaemonTemplate {
    DaemonTemplate(
      configuration: configuration,
      ruleset: LoadedRuleset(
        settings: configuration.ruleset.settings, prepared: configuration.prepared,
        content: try rulesets.hold(configuration.prepared), slot: slot))
  }

  /// Opens the gates for what any of these daemons' rules name, and has gathered what they ask for; so too for rules
  /// that a daemon has of its own, and those that one is about to get.
  func openGates(for templates: [DaemonTemplate], and next: LoadedRuleset? = nil) throws {
    var gates: [UInt32: SyscallGate] = [:]
    var needs: UInt32 = 0
    let own = instances.values.map(\.ruleset).filter(\.isOwn) + [next].compactMap(\.self)
    for ruleset in templates.map(\.ruleset) + own {
      let compiled = ruleset.compiled
      gates[ruleset.slot, default: SyscallGate()].formUnion(
        SyscallGate(compiled.gate, operations: compiled.operations))
      needs |= compiled.needs
    }
    policies.need(needs)
    try policies.open(gates)
  }

  /// Says what becomes of the rules that have changed since this was last called, in the collector's own log; on
  /// a thread of its own: to judge a thousand daemons' rules takes seconds.
  func tellRules() {
    let changed = templates.filter { told[$0.name] !== $0.ruleset.prepared }
    told = Dictionary(
      uniqueKeysWithValues: templates.map { ($0.name, $0.ruleset.prepared) })
    let reports = changed.map { template in
      RulesReport(
        daemon: template.name, prepared: template.ruleset.prepared,
        warnings: template.configuration.ruleset.warnings, isHost: template.scope.isHost,
        knowsNamedFiles: knowsNamedFiles)
    }
    RulesReport.write(reports, to: logger)
  }

  /// Once a second: what was given back can be used again.
  func tidy() {
    policies.freeRetired()
    watches.lookAgain()
    names.lookAgain()
    oldLogs.remove(
      keeping: Dictionary(
        uniqueKeysWithValues: templates.compactMap { template in
          template.scope.keep.map { (template.name, $0) }
        }))
  }

  // MARK: Containers

  /// Gives `entry` the routes to its daemons, and its policy.
  func assign(to entry: ContainerEntry) throws {
    // What both have is not looked up again.
    let before = entry.routes
    defer { release(before, of: entry) }
    var routes: [Route] = []
    if let container = entry.container {
      for template in templates
      where template.scope.matches(container) {
        let known = before.first { $0.owner === entry && template.stands(for: $0.daemon) }?.daemon
        let name =
          known?.name ?? entry.keptNames[template.name]
          ?? (template.isPerContainer ? instanceName(template, container) : template.name)
        do {
          let daemon = try instance(template, name: name, of: entry)
          uses[daemon.name, default: 0] += 1
          routes.append(route(from: entry, to: daemon, of: entry))
        } catch {
          logger.error("container \(container.name) gets no daemon \(name): \(error)")
        }
      }
      var outer = entry.outer
      while let around = outer {
        for inherited in around.routes where inherited.owner === around {
          routes.append(route(from: entry, to: inherited.daemon, of: around))
        }
        outer = around.outer
      }
    }
    for template in templates where template.scope.isHost {
      routes.append(route(from: entry, to: try instance(template, name: template.name), of: nil))
    }
    if routes.count > RouteSet.most {
      logger.error(
        "container \(entry.container?.name ?? "host"): \(routes.count) daemons want it; \(RouteSet.most) can"
      )
      for route in routes[RouteSet.most...] { release([route], of: entry) }
      routes.removeLast(routes.count - RouteSet.most)
    }
    entry.routes = routes
    let policy = try policies.hold(
      routes.map { route in
        PolicyDaemon(
          ruleset: route.daemon.ruleset.slot, instance: route.owner?.instance ?? 0,
          view: route.owner?.contid ?? 0)
      })
    if entry.policy != UInt32(POLICY_UNDECIDED) { policies.release(entry.policy) }
    entry.policy = policy
    if entry.container == nil {
      policies.setHost(policy)
    } else {
      let known = before.filter { $0.owner === entry }.map(\.daemon)
      for route in routes
      where route.owner === entry && !known.contains(where: { $0 === route.daemon }) {
        logger.info(
          "container \(entry.container!.name) (\(entry.number)): daemon \(route.daemon.name)")
      }
    }
  }

  /// Whether a daemon stands for a cgroup by its path alone, whatever made it.
  func namesCgroup(_ path: String) -> Bool {
    templates.contains { $0.scope.namesCgroup(path) }
  }

  /// Whether there is one that does so.
  var namesCgroups: Bool { templates.contains(where: \.scope.namesCgroups) }

  /// Says in the logs of all its daemons that a container begins or ends.
  func tell(_ operation: ContainerOperation, of entry: ContainerEntry, at time: EventTime) {
    for route in entry.routes where route.daemon.enabled {
      let contids = entry.operationContids(in: route.owner)
      guard let chain = ContainerEntry.chain(contids) else { continue }
      route.daemon.write(
        .container(
          operation, process: entry.firstProcess(in: route.owner), chain: chain,
          outer: ContainerEntry.chain(Array(contids.dropFirst())),
          operation == .set ? entry.declaration?.asker.seen(by: route.daemon) : nil), at: time)
    }
  }

  private func route(
    from entry: ContainerEntry, to daemon: Daemon, of owner: ContainerEntry?
  ) -> Route {
    let contids = daemon.contids(of: entry, seenBy: owner)
    return Route(
      daemon: daemon, owner: owner, view: owner?.view ?? .host, needsPID: owner != nil,
      chain: ContainerEntry.chain(contids).map(StableBytes.init),
      contids: StableNumbers(contids), watches: holdWatches(of: daemon.ruleset, in: owner),
      names: daemon.names == nil ? nil : holdNames(in: owner))
  }

  private func holdNames(in owner: ContainerEntry?) -> UnsafePointer<IDNames> {
    if let replayed = outside.replayed { return replayed.names(of: owner?.contid ?? 0) }
    return names.hold(
      NamePlace(
        process: owner?.container?.initPID ?? UInt32(getpid()),
        cgroup: owner?.container?.ownCgroup, contid: owner?.contid ?? 0),
      instance: owner?.instance ?? 0)
  }

  /// A path of a rule is one of the daemon's own container, whichever container the event is from.
  func holdWatches(of ruleset: LoadedRuleset, in owner: ContainerEntry?) -> WatchSet? {
    let paths = ruleset.compiled.watchPaths
    guard !paths.isEmpty else { return nil }
    return watches.hold(
      paths, instance: owner?.instance ?? 0, version: ruleset.content.version,
      root: WatchRoot(
        process: owner?.container?.initPID ?? UInt32(getpid()),
        cgroup: owner?.container?.ownCgroup, contid: owner?.contid ?? 0))
  }

  /// A container has gone: the daemons that stood for it alone end.
  func release(_ entry: ContainerEntry) {
    let own = entry.routes.filter { $0.owner === entry }.map(\.daemon)
    release(entry.routes, of: entry)
    entry.routes = []
    if entry.policy != UInt32(POLICY_UNDECIDED) { policies.release(entry.policy) }
    entry.policy = UInt32(POLICY_UNDECIDED)
    for daemon in own where uses[daemon.name] == nil && daemon.template.isPerContainer {
      end(daemon, askedBy: nil)
      giveBack(daemon.ruleset)
    }
  }

  private func release(_ routes: [Route], of entry: ContainerEntry) {
    for route in routes {
      if let set = route.watches { watches.release(set) }
      if route.names != nil { names.release(instance: route.owner?.instance ?? 0) }
      guard route.owner === entry, let count = uses[route.daemon.name] else { continue }
      uses[route.daemon.name] = count > 1 ? count - 1 : nil
    }
  }

  // MARK: Instances

  /// Never a name that another daemon has.
  private func instanceName(_ template: DaemonTemplate, _ container: Container) -> String {
    let name = template.instanceName(for: container.name)
    let taken =
      instances[name] != nil || templates.contains { $0.name == name && !$0.isPerContainer }
    return taken ? "\(name).\(container.number)" : name
  }

  /// The daemon of this name, made if there is none.
  /// - Parameter entry: whose log it is; nil for a daemon that stands for several, or the host.
  func instance(
    _ template: DaemonTemplate, name: String, of entry: ContainerEntry? = nil
  ) throws -> Daemon {
    if let known = instances[name] { return known }
    let path = template.logPath(instance: name, directory: logDirectory)
    if outside.replayed == nil, let container = entry?.container, template.isPerContainer {
      let directory = LogDirectory(ofLog: path)
      if let moved = directory.take(for: LogOwner(container, daemon: template.name)) {
        logger.notice(
          "\(path) is the log of container \(container.name) (\(container.number)) now; that of an earlier one of this name is in \(moved)"
        )
      }
    }
    let kept = ledger.claim(name: name, path: path)
    let log: DaemonLog
    do {
      log = try DaemonLog(
        path: path, configuration: template.configuration.auditd, writers: writers, kept: kept)
    } catch {
      kept?.release()
      throw error
    }
    if log.cutOff > 0 {
      logger.warning("\(path): a line without its end, of \(log.cutOff) bytes, is cut off")
    }
    let daemon = Daemon(
      number: nextNumber, name: name, template: template, ruleset: template.ruleset, log: log,
      view: template.scope.isHost
        ? .host : template.isPerContainer ? entry?.view ?? .nowhere : .nowhere,
      names: ownNames(of: template), ledger: ledger, kept: kept, outside: outside)
    nextNumber &+= 1
    instances[name] = daemon
    if let replayed = outside.replayed {
      replayed.begin(daemon, at: entry.flatMap { template.isPerContainer ? $0.born : nil })
      return daemon
    }
    daemon.write(
      .start(
        version: Collector.version, kernel: Identity.kernel,
        .init(
          auid: daemon.view.uid(Identity.own.auid), uid: daemon.view.uid(getuid()),
          session: Identity.own.session, pid: template.scope.isHost ? Identity.own.pid : 0,
          label: template.scope.isHost ? Identity.own.label : nil)), at: start(of: entry, template))
    daemon.submit()
    return daemon
  }

  /// A daemon begins with its container, so that nothing in its log is older; one that a reload brings begins now.
  private func start(of entry: ContainerEntry?, _ template: DaemonTemplate) -> EventTime {
    guard let entry, template.isPerContainer, entry.policy == UInt32(POLICY_UNDECIDED),
      entry.keptNames.isEmpty
    else {
      return .now
    }
    return entry.born
  }

  /// The host's, for as long as the collector runs.
  private lazy var hostNames = holdNames(in: nil)

  /// Of the ids in the records about a daemon itself only the host's have names: who asks a container's daemon
  /// mostly is none of the container's users.
  func ownNames(of template: DaemonTemplate) -> UnsafePointer<IDNames>? {
    guard template.isEnriched else { return nil }
    return template.scope.isHost ? hostNames : NameTable.nobody
  }

  /// Has all that was done since the last call count, and hands to the logs what has been written; to be called between
  /// two events.
  func submit() {
    for daemon in instances.values where daemon.hasPending { daemon.submit() }
    ledger.commit()
  }

  /// Has every daemon begin a new log.
  func rotateLogs(askedBy asker: Asker) {
    for daemon in all { daemon.rotate(askedBy: asker) }
  }

  /// Has every daemon go on that has stopped writing.
  func resumeLogs(askedBy asker: Asker) {
    for daemon in all { daemon.resume(askedBy: asker) }
  }

  func end(_ daemon: Daemon, askedBy asker: Asker?) {
    let now = outside.replayed?.now ?? .now
    daemon.tellLosses(at: now)
    daemon.write(
      .end(
        asker?.seen(by: daemon)
          ?? .init(auid: NamespaceView.unsetID, uid: 0, session: .max, pid: 0)), at: now)
    // A slow disk must not hold up the ring: the log's own thread goes on.
    daemon.end()
    outside.replayed?.end(daemon)
    if daemon.template.isPerContainer, outside.replayed == nil {
      LogDirectory(ofLog: daemon.log.path).end()
    }
    closing.removeAll { $0.isClosed }
    closing.append(daemon.log)
    instances[daemon.name] = nil
    uses[daemon.name] = nil
  }

  /// Closes the logs of daemons that do not end, where a recording does.
  /// - Returns: records that could not be written, and why.
  func close() -> (unwritten: Int, failure: String?) {
    submit()
    var unwritten = 0
    var failure: String?
    for log in all.map(\.log) + closing {
      let left = log.close()
      unwritten += left
      if left > 0 { failure = failure ?? log.failure }
    }
    return (unwritten, failure)
  }

  /// Records that wait for the disk, and why one of the logs cannot be written, if that is so.
  var waiting: (records: Int, failure: String?) {
    closing.removeAll { $0.isClosed }
    let logs = instances.values.map(\.log) + closing
    return (
      logs.reduce(0) { $0 + $1.queuedRecords }, logs.lazy.compactMap(\.failure).first
    )
  }

  /// Ends every daemon; returns how many records could not be written.
  func end(askedBy asker: Asker?) -> Int {
    for daemon in all { end(daemon, askedBy: asker) }
    ledger.commit()
    return closeLogs()
  }

  /// Closes all logs without an end of their daemons: another collector goes on with them, and writes what could not be
  /// written.
  func leave() {
    submit()
    for log in closing { _ = log.close() }
    for daemon in all {
      daemon.log.keepOpen()
      let left = daemon.log.close()
      if left > 0 {
        logger.error("\(daemon.log.path): \(left) records wait for the next collector")
      }
    }
  }

  private func closeLogs() -> Int {
    var unwritten = 0
    for log in closing {
      let left = log.close()
      if left > 0 {
        logger.error(
          "\(log.path): \(left) records could not be written, \(log.queuedEvents) events are lost")
      }
      unwritten += left
    }
    return unwritten
  }
}
