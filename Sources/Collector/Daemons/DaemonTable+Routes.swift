internal import AuditRecords
import CNestaudit
internal import Containers
import Glibc
import Logging

/// From a container to the daemons that want its events: its own, those around it, the host's.
extension DaemonTable {
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

  func holdNames(in owner: ContainerEntry?) -> UnsafePointer<IDNames> {
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

  /// Of the ids in the records about a daemon itself only the host's have names: who asks a container's daemon
  /// mostly is none of the container's users.
  func ownNames(of template: DaemonTemplate) -> UnsafePointer<IDNames>? {
    guard template.isEnriched else { return nil }
    return template.scope.isHost ? hostNames : NameTable.nobody
  }
}
