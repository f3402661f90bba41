internal import Containers
import CNestaudit
import Glibc

/// `--backlog_wait_time`: who fills a daemon's backlog, or a container's part of the ring, waits until it has drained, as a task does in
/// the kernel's audit; all of its container, since only a cgroup can be stopped from outside.
extension Containment {
  /// A container that stands still, and for which daemon; there may be several of one container.
  struct Slowed {
    let entry: ContainerEntry
    let daemon: Daemon
    let cgroup: FrozenList.Cgroup
    /// Whose part of the ring was filling; nil if it was the backlog.
    let account: UInt32?
    /// By the monotonic clock: since when, and how long at most.
    let since: Int64
    let deadline: Int64
  }

  /// Freezes what brings events to a daemon whose backlog has little room; called for each event until it has.
  /// - Parameter account: of the container, it or one in it, whose part of the ring has little room; nil if it is the backlog.
  func slow(_ entry: ContainerEntry, for daemon: Daemon, account: UInt32? = nil) {
    guard daemon.waitRoom == 0 || !entry.isSlowed, !entry.isStopped, !daemon.cannotWait,
      !daemon.hasWaited, let cgroup = cgroup(of: entry)
    else { return }
    guard list.add(cgroup) else { return giveUp(daemon, entry, "nothing can be written down") }
    switch freezer.freeze(cgroup.id) {
    case .done: wait(for: daemon, entry, cgroup, account)
    case .wasSo where entry.isSlowed: wait(for: daemon, entry, cgroup, account)
    case .wasSo:
      // Somebody else has stopped it, and is to say when it goes on.
      list.remove(cgroup)
    case .gone:
      list.remove(cgroup)
    case .refused(let reason):
      list.remove(cgroup)
      giveUp(daemon, entry, reason)
    }
  }

  /// Whether a container has used up half of what it may have in the ring.
  @inline(__always)
  func fillsRing(_ entry: ContainerEntry) -> Bool {
    credits.used(entry.account) > credits.limit / 2
  }

  private func wait(
    for daemon: Daemon, _ entry: ContainerEntry, _ cgroup: FrozenList.Cgroup, _ account: UInt32?
  ) {
    let now = Clock.read(CLOCK_MONOTONIC)
    entry.isSlowed = true
    daemon.waitRoom = room
    slowed.append(
      Slowed(
        entry: entry, daemon: daemon, cgroup: cgroup, account: account, since: now,
        deadline: now + Int64(daemon.waitTime) * 1_000_000))
  }

  private func giveUp(_ daemon: Daemon, _ entry: ContainerEntry, _ reason: String) {
    daemon.cannotWait = true
    logger.error(
      "container \(entry.container?.name ?? "") (\(entry.number)) cannot be made to wait for daemon \(daemon.name): \(reason)"
    )
  }

  /// Has those go on whose daemons have room again, or for which they have waited as long as they may.
  func relieve() {
    guard !slowed.isEmpty else { return }
    let now = Clock.read(CLOCK_MONOTONIC)
    let ended = slowed.filter { waiting in
      let daemon = waiting.daemon
      let isDrained = waiting.account.map { credits.used($0) < credits.limit / 8 } ?? true
      if isDrained && daemon.isHalfEmpty || daemon.waitTime == 0
        || daemons.instances[daemon.name] !== daemon
      {
        return true
      }
      guard now >= waiting.deadline else { return false }
      daemon.hasWaited = true
      logger.warning(
        "container \(waiting.entry.container?.name ?? "") (\(waiting.entry.number)) has waited \(daemon.waitTime) ms for the log of daemon \(daemon.name)"
      )
      return true
    }
    for waiting in ended { end(waiting, at: now) }
  }

  /// At the collector's end, whatever the reason.
  func thawAll() {
    let now = Clock.read(CLOCK_MONOTONIC)
    for waiting in slowed { end(waiting, at: now) }
  }

  /// It stands still for another reason, or is gone: it is not thawed.
  func forgetSlowed(_ entry: ContainerEntry) {
    guard entry.isSlowed else { return }
    let now = Clock.read(CLOCK_MONOTONIC)
    for waiting in slowed where waiting.entry === entry {
      remove(waiting, at: now)
      list.remove(waiting.cgroup)
    }
    entry.isSlowed = false
  }

  /// A daemon is waited for no more; the container goes on if it waits for no other.
  private func end(_ waiting: Slowed, at now: Int64) {
    remove(waiting, at: now)
    let entry = waiting.entry
    guard !slowed.contains(where: { $0.entry === entry }) else { return }
    entry.isSlowed = false
    if case .refused(let reason) = freezer.thaw(waiting.cgroup.id) {
      // It stays in the list: the next collector tries again.
      logger.critical(
        "container \(entry.container?.name ?? "") (\(entry.number)) stays frozen: \(reason); thaw it: echo 0 > \(freezer.file(of: waiting.cgroup.path))"
      )
    } else {
      list.remove(waiting.cgroup)
    }
  }

  private func remove(_ waiting: Slowed, at now: Int64) {
    let daemon = waiting.daemon
    slowed.removeAll { $0.entry === waiting.entry && $0.daemon === daemon }
    daemon.waited += now - waiting.since
    if !slowed.contains(where: { $0.daemon === daemon }) { daemon.waitRoom = 0 }
  }
}
