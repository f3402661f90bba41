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
  private let writers = LogWriters()
  private var rulesets: RulesetTable
  private var policies: PolicyTable
  private var templates: [DaemonTemplate] = []
  /// Of the configuration before, while policies may still name their rulesets.
  private var retired: [DaemonTemplate] = []
  private var instances: [String: Daemon] = [:]
  /// How many containers an instance stands for.
  private var uses: [String: Int] = [:]
  /// Logs of daemons that have ended, until everything is in them.
  private var closing: [DaemonLog] = []

  init(configuration: CollectorConfiguration, capture: Capture, logger: Logger) throws {
    self.logger = logger
    logDirectory = configuration.logDirectory
    rulesets = RulesetTable(capture: capture)
    policies = PolicyTable(capture: capture)
    for daemon in configuration.daemons { templates.append(try load(daemon)) }
    policies.open(for: templates.map(\.ruleset.compiled))
    for template in templates where !template.isPerContainer {
      _ = try instance(template, name: template.name)
    }
  }

  /// By name.
  var all: [Daemon] { instances.values.sorted { $0.name < $1.name } }

  var generation: UInt32 { policies.generation }

  /// Makes what was written to the tables hold for every task.
  func publish() { policies.publish() }

  private func load(_ configuration: DaemonConfiguration) throws -> DaemonTemplate {
    DaemonTemplate(configuration: configuration, ruleset: try load(configuration))
  }

  private func load(_ configuration: DaemonConfiguration) throws -> LoadedRuleset {
    let ruleset = configuration.ruleset
    let options = RuleOptionsOfScope(unsetAUIDMatches: configuration.scope.unsetAUIDMatches)
    let compiled = CompiledRuleset(ruleset, options: options)
    return LoadedRuleset(
      settings: ruleset.settings, options: options, compiled: compiled,
      plain: try rulesets.add(compiled, translatesIDs: false),
      translated: try rulesets.add(compiled, translatesIDs: true))
  }

  /// Says what becomes of the rules, in the collector's own log.
  func tellRules() {
    for template in templates {
      for warning in template.configuration.ruleset.warnings { logger.warning("\(warning)") }
      let isHost = template.scope.isHost
      let standings = template.ruleset.compiled.standings(
        in: RuleSurroundings(
          isAUIDUnset: nil, translatesIDs: !isHost, rootProcess: isHost ? UInt32(getpid()) : nil))
      let counts = RuleStanding.Kind.allCases.compactMap { kind in
        let count = standings.count { $0.kind == kind }
        return count == 0 ? nil : "\(count) \(kind.rawValue)"
      }
      logger.info(
        "daemon \(template.name): \((["\(standings.count) rules"] + counts).joined(separator: ", "))"
      )
    }
  }

  // MARK: Reload

  /// Goes by another configuration: all of it, or nothing if it cannot be loaded. `Dispatcher.reassign()` has
  /// to follow.
  /// - Returns: what did not change, and why.
  func reload(
    _ configuration: CollectorConfiguration, askedBy sender: SignalSource.Sender
  ) throws -> [String] {
    var kept: [String] = []
    var loaded: [DaemonTemplate] = []
    let old = templates
    do {
      for daemon in configuration.daemons {
        if let locked = old.first(where: { $0.name == daemon.name && $0.ruleset.isLocked }) {
          kept.append(
            "daemon \(daemon.name) is locked (-e 2): its rules stay until the collector ends")
          loaded.append(locked)
        } else {
          loaded.append(try load(daemon))
        }
      }
      for template in loaded where !template.isPerContainer && instances[template.name] == nil {
        _ = try instance(template, name: template.name)
      }
    } catch {
      for template in loaded where !template.ruleset.isLocked { unload(template) }
      throw error
    }
    retired = old.filter { template in !loaded.contains { $0.ruleset === template.ruleset } }
    templates = loaded
    policies.retireAll()
    policies.open(for: (loaded + retired).map(\.ruleset.compiled))
    for daemon in all {
      guard let template = loaded.first(where: { $0.stands(for: daemon) }) else {
        end(daemon, askedBy: sender)
        continue
      }
      guard template.ruleset !== daemon.ruleset else { continue }
      let old = daemon.ruleset
      daemon.apply(template.ruleset)
      daemon.write(
        .reconfigured(
          auid: sender.auid, uid: sender.uid, session: sender.session,
          pid: template.scope.isHost ? sender.pid : 0), at: .now)
      daemon.tellChanges(since: old, askedBy: sender)
    }
    return kept
  }

  /// Takes out of the kernel what no policy names any more; to be called once all containers have new ones.
  func finishReload() {
    policies.open(for: templates.map(\.ruleset.compiled))
    for template in retired { unload(template) }
    retired = []
    policies.freeRetired()
  }

  private func unload(_ template: DaemonTemplate) {
    rulesets.remove(template.ruleset.plain)
    rulesets.remove(template.ruleset.translated)
  }

  // MARK: Containers

  /// Gives `entry` the routes to its daemons, and its policy.
  func assign(to entry: ContainerEntry) throws {
    release(routesOf: entry)
    var routes: [Route] = []
    if let container = entry.container {
      for template in templates
      where template.scope.matches(
        name: container.name, runtimeID: container.runtimeID, contid: container.contid,
        cgroupPath: container.cgroupPath)
      {
        let name = template.isPerContainer ? instanceName(template, container) : template.name
        do {
          let daemon = try instance(template, name: name)
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
    entry.routes = routes
    let ids = routes.map { route in
      route.owner == nil ? route.daemon.ruleset.plain : route.daemon.ruleset.translated
    }
    if entry.container == nil {
      try policies.setHost(ids)
    } else {
      entry.policy = try policies.id(for: ids)
      for route in routes where route.owner === entry {
        logger.info(
          "container \(entry.container!.name) (\(entry.contid)): daemon \(route.daemon.name)")
      }
    }
  }

  private func route(
    from entry: ContainerEntry, to daemon: Daemon, of owner: ContainerEntry?
  ) -> Route {
    var contids = entry.contids(in: owner)
    if contids.isEmpty, owner != nil, !daemon.template.isPerContainer {
      // One log for several containers: only the contid tells them apart.
      contids = [entry.contid]
    }
    return Route(
      daemon: daemon, owner: owner, view: owner?.view ?? .host, needsPID: owner != nil,
      chain: ContainerEntry.chain(contids).map(StableBytes.init),
      contids: StableNumbers(contids), watches: watches(of: daemon, in: owner))
  }

  /// A path of a rule is one of the daemon's own container, whichever container the event is from.
  private func watches(of daemon: Daemon, in owner: ContainerEntry?) -> WatchObjects? {
    let paths = daemon.ruleset.compiled.watchPaths
    guard !paths.isEmpty else { return nil }
    let objects = WatchObjects(paths: paths.map(\.path))
    let pid = owner?.container?.initPID ?? UInt32(getpid())
    if let root = ContainerRoot(ofProcess: pid) { objects.resolve(in: root) }
    return objects
  }

  /// A container has gone: the daemons that stood for it alone end.
  func release(_ entry: ContainerEntry) {
    let own = entry.routes.filter { $0.owner === entry }.map(\.daemon)
    release(routesOf: entry)
    for daemon in own where uses[daemon.name] == nil && daemon.template.isPerContainer {
      end(daemon, askedBy: nil)
    }
  }

  private func release(routesOf entry: ContainerEntry) {
    for route in entry.routes {
      route.free()
      guard route.owner === entry, let count = uses[route.daemon.name] else { continue }
      uses[route.daemon.name] = count > 1 ? count - 1 : nil
    }
    entry.routes = []
  }

  // MARK: Instances

  /// Never a name that another daemon has.
  private func instanceName(_ template: DaemonTemplate, _ container: Container) -> String {
    let name = template.instanceName(for: container.name)
    let taken =
      instances[name] != nil || templates.contains { $0.name == name && !$0.isPerContainer }
    return taken ? "\(name).\(container.contid)" : name
  }

  private func instance(_ template: DaemonTemplate, name: String) throws -> Daemon {
    if let known = instances[name] { return known }
    let log = try DaemonLog(
      path: template.logPath(instance: name, directory: logDirectory),
      configuration: template.configuration.auditd, writers: writers)
    let daemon = Daemon(name: name, template: template, ruleset: template.ruleset, log: log)
    instances[name] = daemon
    daemon.write(
      .start(
        version: Collector.version, kernel: Identity.kernel, auid: Identity.auid,
        session: Identity.session,
        pid: template.scope.isHost ? UInt32(getpid()) : 0, uid: getuid()), at: .now)
    daemon.submit()
    return daemon
  }

  /// Hands to the logs what has been written since the last call.
  func submit() {
    for daemon in instances.values where daemon.hasPending { daemon.submit() }
  }

  private func end(_ daemon: Daemon, askedBy sender: SignalSource.Sender?) {
    let host = daemon.template.scope.isHost
    daemon.tellLosses(at: .now)
    daemon.write(
      .end(
        auid: sender?.auid ?? .max, uid: sender?.uid ?? 0, session: sender?.session ?? .max,
        pid: host ? sender?.pid ?? 0 : 0), at: .now)
    daemon.submit()
    // A slow disk must not hold up the ring: the log's own thread goes on.
    daemon.log.closeLater()
    closing.removeAll { $0.isClosed }
    closing.append(daemon.log)
    instances[daemon.name] = nil
    uses[daemon.name] = nil
  }

  /// Ends every daemon; returns how many records could not be written.
  func end(askedBy sender: SignalSource.Sender?) -> Int {
    for daemon in all { end(daemon, askedBy: sender) }
    var unwritten = 0
    for log in closing {
      let left = log.close()
      if left > 0 { logger.error("\(log.path): \(left) records could not be written") }
      unwritten += left
    }
    return unwritten
  }
}
