import CNestaudit

/// When what the drain thread has done counts. Until then nothing of it is on its way to a log, and the ring still has the
/// events; from then on a collector that is started after this one was killed goes on behind it.
///
/// Lives on the drain thread. Where nothing can be kept, it hands over and no more.
final class Ledger {
  let memory: KeptMemory?
  let facts: Facts?
  /// In the ring: up to where events have been taken.
  var position: () -> UInt64 = { 0 }
  /// Adds what is known and no single event has told.
  var beforeCommit: () -> Void = {}
  /// Adds all that is known.
  var tellAll: () -> Void = {}

  /// Whose state has changed since the last commit.
  private var changed: [Daemon] = []
  private var sealed: [(log: DaemonLog, batch: LogBatch)] = []
  private var closing: [DaemonLog] = []
  /// Numbers of logs that have had a daemon here.
  private var claimed: Set<Int> = []
  /// Those that an earlier collector has left, by their paths.
  private var inherited: [String: Int] = [:]
  private var nextLog = 0
  private var committed: (position: UInt64, facts: UInt64) = (0, 0)

  init(_ memory: KeptMemory?) {
    self.memory = memory
    facts = memory.map(Facts.init)
    for index in memory?.usedLogs ?? [] {
      if let memory { inherited[KeptLog(index, in: memory).path] = index }
    }
  }

  /// A daemon has something that is to be committed.
  func note(_ daemon: Daemon) { changed.append(daemon) }

  /// Hands a batch to its log's writer, once it counts.
  func seal(_ batch: LogBatch, for log: DaemonLog) {
    log.queue(batch)
    sealed.append((log, batch))
  }

  /// Closes a log, once all that is to be in it counts.
  func close(_ log: DaemonLog) { closing.append(log) }

  /// Makes all that was done so far count; to be called between two events.
  func commit() {
    if let memory, let facts { commit(to: memory, facts) }
    for (log, batch) in sealed { log.write(batch) }
    sealed.removeAll(keepingCapacity: true)
    for log in closing { log.closeLater() }
    closing.removeAll(keepingCapacity: true)
  }

  private func commit(to memory: KeptMemory, _ facts: Facts) {
    beforeCommit()
    let isLong = facts.isLong
    if isLong { facts.writeAnew(tellAll) }
    let position = position()
    let end = facts.end
    guard
      !changed.isEmpty || isLong || committed.position != position
        || committed.facts != end.count
    else { return }
    for daemon in changed { daemon.keep() }
    changed.removeAll(keepingCapacity: true)
    memory.commit(kept_root(position: position, facts: end.count, half: end.half))
    committed = (position, end.count)
    if isLong { facts.forgetOther() }
  }

  // MARK: Logs

  /// The place of a daemon's log: the one that an earlier collector has left of it, or a new one; nil if nothing is kept.
  func claim(name: String, path: String) -> KeptLog? {
    guard let memory else { return nil }
    if let index = inherited[path] {
      let log = KeptLog(index, in: memory)
      if log.name == name, log.state?.ended == 0 {
        inherited[path] = nil
        claimed.insert(index)
        return log
      }
    }
    let left = Set(inherited.values)
    for step in 0..<Int(KEPT_LOGS) {
      let index = (nextLog + step) % Int(KEPT_LOGS)
      let log = KeptLog(index, in: memory)
      if left.contains(index) || (claimed.contains(index) && log.isUsed) { continue }
      guard log.begin(name: name, path: path) else { break }
      nextLog = index + 1
      claimed.insert(index)
      return log
    }
    // Whoever comes after must not take what is kept for all there is.
    memory.giveUp()
    return nil
  }

  /// Forgets the logs that an earlier collector has left, and that no daemon goes on with.
  func forgetUnclaimed() {
    guard let memory else { return }
    for index in inherited.values { KeptLog(index, in: memory).release() }
    inherited = [:]
  }
}
