internal import AuditRecords
internal import Capture
internal import Containers
import Logging

/// Stops containers: for good where a daemon with `-f 2` has missed an event, and until its backlog has drained where a daemon with
/// `--backlog_wait_time` has hardly room for more. Never the host. Lives on the drain thread.
///
/// Only the root cgroup of a container that the table knows is ever frozen, by its path and its id.
final class Containment {
  let daemons: DaemonTable
  let freezer: CgroupFreezer
  let logger: Logger
  let credits: Credits
  /// Those that wait for a backlog.
  var slowed: [Slowed] = []
  /// What of them a later collector would have to thaw.
  var list: FrozenList
  /// Records that a daemon takes above its limit while what could bring more stands still: what is in the ring already.
  let room: Int

  /// What is to be said once the events at hand have been taken.
  private var untold: [Stop] = []
  /// Those that were stopped for good, until somebody thaws them.
  private var stopped: [ContainerEntry] = []

  private struct Stop {
    let entry: ContainerEntry
    let daemon: Daemon
    let lost: UInt64
    let outcome: CgroupFreezer.Outcome
  }

  init(
    daemons: DaemonTable, freezer: CgroupFreezer, credits: Credits, stateDirectory: String,
    ringSize: Int, logger: Logger
  ) {
    self.daemons = daemons
    self.freezer = freezer
    self.credits = credits
    self.logger = logger
    list = FrozenList(in: stateDirectory)
    // An event of so many bytes in the ring makes one record or more, but never more records than this.
    room = ringSize / 64
  }

  // MARK: -f 2

  /// To be called for each event that a daemon has missed.
  func missed(_ route: Route) {
    guard route.daemon.stopsContainers, let owner = route.owner else { return }
    stop(owner, for: route.daemon)
  }

  /// A daemon has missed an event, and stops its container for that: once, until somebody has thawed it.
  private func stop(_ entry: ContainerEntry, for daemon: Daemon) {
    guard !entry.isStopped else { return }
    entry.isStopped = true
    stopped.append(entry)
    let outcome = freeze(entry)
    // It has ended before what it lost was known.
    if outcome == .gone { return }
    if case .refused = outcome {} else { forgetSlowed(entry) }
    untold.append(Stop(entry: entry, daemon: daemon, lost: daemon.lost, outcome: outcome))
  }

  /// Says what was stopped: in the logs of its daemons, of those around it and of the host's, and in the collector's own.
  func tellStops() {
    guard !untold.isEmpty else { return }
    for stop in untold { tell(stop) }
    untold = []
  }

  private func tell(_ stop: Stop) {
    let entry = stop.entry
    guard let container = entry.container else { return }
    let isDone = stop.outcome == .done || stop.outcome == .wasSo
    for route in entry.routes where route.daemon.enabled {
      guard let chain = ContainerEntry.chain(entry.operationContids(in: route.owner)) else {
        continue
      }
      route.daemon.write(.stopped(chain: chain, lost: stop.lost, isDone: isDone), at: .now)
    }
    let what =
      "container \(container.name) (\(entry.number)): daemon \(stop.daemon.name) (-f 2)"
      + " has lost \(stop.lost) events"
    if isDone, let cgroup = container.ownCgroup {
      logger.critical(
        "\(what): everything in it is stopped; thaw it: echo 0 > \(freezer.file(of: cgroup))")
    } else {
      logger.critical("\(what), and it cannot be stopped: \(stop.outcome.reason)")
    }
  }

  // MARK: Both

  func freeze(_ entry: ContainerEntry) -> CgroupFreezer.Outcome {
    guard let cgroup = cgroup(of: entry) else {
      return .refused("it has no cgroup of its own")
    }
    return freezer.freeze(cgroup.id)
  }

  /// Of a declared container nobody knows whether all of a cgroup is in it.
  func cgroup(of entry: ContainerEntry) -> FrozenList.Cgroup? {
    guard !entry.isDeclared, let path = entry.container?.ownCgroup else { return nil }
    return FrozenList.Cgroup(path: path, id: entry.contid)
  }

  /// Why a container stands still; nil if it was not frozen here.
  func standstill(of entry: ContainerEntry) -> CollectorSnapshot.Standstill? {
    if entry.isStopped { return .stopped }
    return slowed.contains { $0.entry === entry } ? .waiting : nil
  }

  /// Once a second: who was thawed can be stopped again.
  func tidy() {
    stopped.removeAll { entry in
      guard let cgroup = cgroup(of: entry) else { return release(entry) }
      return freezer.isFrozen(cgroup.id) == true ? false : release(entry)
    }
    for daemon in daemons.instances.values {
      daemon.cannotWait = false
      if daemon.isHalfEmpty { daemon.hasWaited = false }
    }
  }

  private func release(_ entry: ContainerEntry) -> Bool {
    entry.isStopped = false
    return true
  }

  /// A container ends.
  func forget(_ entry: ContainerEntry) {
    tellStops()
    stopped.removeAll { $0 === entry }
    forgetSlowed(entry)
  }
}

extension CgroupFreezer.Outcome {
  /// Why it was not done.
  fileprivate var reason: String {
    if case .refused(let reason) = self { reason } else { "" }
  }
}
