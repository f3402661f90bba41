internal import AuditRecords
internal import AuditRules
internal import Containers
import Glibc

/// Does what is asked over the sockets, for those who may ask. Lives on the drain thread.
///
/// Who asks is what the kernel says: the cgroup decides the container, whatever the request says. Root of a container
/// may look after the daemons that stand for it alone, and look at those of what is nested in it.
final class ControlDesk {
  let daemons: DaemonTable
  let containers: ContainerTable
  let hierarchy: CgroupHierarchy
  private let snapshot: ([ContainerEntry], [Daemon]) -> CollectorSnapshot
  /// `ContainerEntry.answersNotBefore`, of all of whom it is not known where they are.
  var answersNobodyNotBefore: Int64 = 0

  init(
    daemons: DaemonTable, containers: ContainerTable, hierarchy: CgroupHierarchy,
    snapshot: @escaping ([ContainerEntry], [Daemon]) -> CollectorSnapshot
  ) {
    self.daemons = daemons
    self.containers = containers
    self.hierarchy = hierarchy
    self.snapshot = snapshot
  }

  /// What is asked from within a container takes an eleventh of the time at most, and so does all that nobody known asks.
  func answer(_ wish: Wish, by asking: Peer) -> Result<Granted, ControlRefusal> {
    let (peer, standing) = standing(of: asking)
    let now = Clock.read(CLOCK_MONOTONIC)
    let notBefore = answersNotBefore(standing)
    if notBefore > now { return .success(.later(notBefore - now)) }
    let usedBefore = Clock.read(CLOCK_THREAD_CPUTIME_ID)
    let result = Result { () throws(ControlRefusal) in try grant(wish, to: peer, standing) }
    let used = Clock.read(CLOCK_THREAD_CPUTIME_ID) - usedBefore
    wait(standing, until: Clock.read(CLOCK_MONOTONIC) + 10 * used)
    return result
  }

  private func grant(
    _ wish: Wish, to peer: Peer, _ standing: Standing
  ) throws(ControlRefusal) -> Granted {
    switch wish {
    case .admission: return admission(standing)
    case .status: return .status(try status(for: standing, peer))
    case .listing(let name, let key):
      let daemon = try daemon(named: name, for: standing, .list, peer)
      return .lines(Rule.listing(daemon.ruleset.compiled.rules, key: key))
    case .settings(let name):
      return settings(of: [try daemon(named: name, for: standing, .list, peer)], for: standing)
    case .allSettings:
      return settings(of: try readable(for: standing, peer), for: standing)
    case .log(let name):
      let daemon = try daemon(named: name, for: standing, .tail, peer)
      return .log(daemon: scope(of: standing).seen(daemon.name), path: daemon.log.path)
    case .rules(let name, let operation):
      let daemon = try changeable(named: name, for: standing, operation, peer)
      let ruleset = daemon.ruleset
      return .rules(
        OldRules(
          daemon: daemon.number, identity: ruleset.identity,
          ruleset: Ruleset(settings: ruleset.settings, rules: ruleset.compiled.rules),
          options: ruleset.options, isHost: daemon.template.scope.isHost))
    case .change(let new): return try change(new, for: standing, peer)
    case .vainChange(let number, let rule, let added):
      let daemon = try changeable(number, for: standing, added ? .add : .remove, peer)
      if daemon.refusals.count(at: EventTime.now.seconds) {
        daemon.write(
          .ruleChanged(
            added: added, key: rule.key, list: rule.list.rawValue,
            asker(peer).seen(by: daemon), isDone: false), at: .now)
      }
      return .done
    case .contids(let process): return try contids(of: process, for: standing, peer)
    case .declare(let wish): return try declare(wish, for: standing, peer)
    case .announce(let process):
      guard case .host = standing else { throw refused("announce", peer, Self.nobody) }
      return try announce(process, by: peer)
    }
  }

  // MARK: Whose daemon

  /// The daemons that stand for a container and for no other.
  func own(of entry: ContainerEntry) -> [Daemon] {
    entry.ownDaemons.filter { $0.template.isPerContainer }
  }

  /// Those that its root may look at: its own, and those of what is nested in it.
  func visible(to entry: ContainerEntry) -> [Daemon] {
    containers.entries.filter { $0.isInside(entry) }.flatMap(own)
  }

  func template(of daemon: Daemon) -> DaemonTemplate? {
    daemons.templates.first { $0.stands(for: daemon) }
  }

  private func daemon(
    named name: String?, for standing: Standing, _ operation: Permissions.Operation, _ peer: Peer
  ) throws(ControlRefusal) -> Daemon {
    switch standing {
    case .host: return try known(name)
    case .nobody: throw refused(operation.rawValue, peer, Self.nobody)
    case .user(let uid, let entry):
      let own = own(of: entry)
      guard
        let daemon = try chosen(
          name, own: own, among: visible(to: entry), for: standing, operation.rawValue, peer)
      else { throw refused(operation.rawValue, peer, Self.none) }
      // What others may do is said by the daemon that stands for their own container.
      let isAllowed =
        uid == 0
        || own.contains { $0 === daemon }
          && template(of: daemon)?.scope.permissions.allow(operation, uid: uid) == true
      guard isAllowed else {
        throw refused(
          operation.rawValue, peer,
          "only root of the container may, and whom scope.conf allows to \(operation.rawValue)")
      }
      return daemon
    }
  }

  private func changeable(
    named name: String?, for standing: Standing, _ operation: RuleOperation, _ peer: Peer
  ) throws(ControlRefusal) -> Daemon {
    let daemon: Daemon
    switch standing {
    case .host: daemon = try known(name)
    case .nobody: throw refused(operation.rawValue, peer, Self.nobody)
    case .user(let uid, let entry):
      let own = own(of: entry)
      guard uid == 0 else {
        throw refused(operation.rawValue, peer, "only root of the container may")
      }
      guard
        let found = try chosen(
          name, own: own, among: own, for: standing, operation.rawValue, peer)
      else {
        throw refused(operation.rawValue, peer, Self.none)
      }
      daemon = found
    }
    guard !daemon.locked else {
      tellRefused(operation.rawValue, peer, to: [daemon], isLocked: true)
      throw ControlRefusal(
        "The audit system is in immutable mode, no rule changes allowed", code: "EPERM")
    }
    return daemon
  }

  private func changeable(
    _ number: UInt32, for standing: Standing, _ operation: RuleOperation, _ peer: Peer
  ) throws(ControlRefusal) -> Daemon {
    guard let daemon = daemons.all.first(where: { $0.number == number }) else {
      throw ControlRefusal("the daemon has ended")
    }
    return try changeable(
      named: scope(of: standing).seen(daemon.name), for: standing, operation, peer)
  }

  private func known(_ name: String?) throws(ControlRefusal) -> Daemon {
    guard let name else { throw ControlRefusal("say which daemon; 'nestaudit ps' shows them") }
    guard let daemon = daemons.instances[name] else {
      throw ControlRefusal(
        "there is no daemon '\(name)'; 'nestaudit ps' shows those there are")
    }
    return daemon
  }

  /// The daemon that is named, or the only one; nil if there is none for that container alone.
  private func chosen(
    _ name: String?, own: [Daemon], among all: [Daemon], for standing: Standing,
    _ operation: String, _ peer: Peer
  ) throws(ControlRefusal) -> Daemon? {
    let scope = scope(of: standing)
    guard let name else {
      guard own.count > 1 else { return own.first }
      let names = own.map { scope.seen($0.name) }.joined(separator: ", ")
      throw ControlRefusal("several daemons stand for this container; say which: \(names)")
    }
    if let daemon = all.first(where: { scope.seen($0.name) == name }) { return daemon }
    // The same, whether there is such a daemon or not.
    throw refused(operation, peer, "'\(name)' is no daemon of this container")
  }

  static let nobody = "it is not known in which container you are"
  static let none = "no daemon stands for this container alone"

  // MARK: What is refused

  func refused(_ operation: String, _ peer: Peer, _ reason: String) -> ControlRefusal {
    let told = asker(peer).entry.routes.map(\.daemon)
    tellRefused(operation, peer, to: told, isLocked: false)
    return .denied(reason)
  }

  /// Says in the logs of these that somebody asked for what he may not.
  private func tellRefused(
    _ operation: String, _ peer: Peer, to told: [Daemon], isLocked: Bool
  ) {
    let asker = asker(peer)
    let now = EventTime.now
    for daemon in told where daemon.enabled && daemon.refusals.count(at: now.seconds) {
      daemon.write(
        .refused(operation: operation, asker.seen(by: daemon), isLocked: isLocked), at: now)
    }
  }

  // MARK: What is done

  private func status(
    for standing: Standing, _ peer: Peer
  ) throws(ControlRefusal) -> CollectorSnapshot {
    let operation = Permissions.Operation.ps
    switch standing {
    case .host: return snapshot(containers.entries, daemons.all)
    case .nobody: throw refused(operation.rawValue, peer, Self.nobody)
    case .user(let uid, let entry):
      let own = own(of: entry)
      guard !own.isEmpty else { throw refused(operation.rawValue, peer, Self.none) }
      let isAllowed =
        uid == 0
        || own.contains {
          template(of: $0)?.scope.permissions.allow(operation, uid: uid) == true
        }
      guard isAllowed else {
        throw refused(
          operation.rawValue, peer,
          "only root of the container may, and whom scope.conf allows to ps"
        )
      }
      let scope = scope(of: standing)
      let inside = containers.entries.filter { $0.isInside(entry) }
      let visible = visible(to: entry)
      return snapshot(inside, visible).seen(
        from: entry.number, at: entry.container?.cgroupPath ?? "",
        names: Dictionary(uniqueKeysWithValues: visible.map { ($0.name, scope.seen($0.name)) }),
        in: scope)
    }
  }

  private func change(
    _ new: NewRules, for standing: Standing, _ peer: Peer
  ) throws(ControlRefusal) -> Granted {
    let daemon = try changeable(new.old.daemon, for: standing, new.operation, peer)
    guard daemon.ruleset.identity == new.old.identity else { return .outdated }
    if case .user = standing, let reason = daemon.quotas.refusal(of: new) {
      tellRefused(new.operation.rawValue, peer, to: [daemon], isLocked: false)
      throw ControlRefusal(reason)
    }
    let before = daemon.ruleset
    do {
      try daemons.change(
        daemon, to: new.settings, new.prepared, entries: containers.entries,
        reassign: { try containers.reassign(for: daemon) })
    } catch {
      throw ControlRefusal("\(error)")
    }
    daemons.note(daemon, isChanged: true)
    daemon.tellChanges(since: before, askedBy: asker(peer))
    return .done
  }
}
