internal import AuditRecords
import Logging

/// What daemons have written goes to their logs, and how they end.
extension DaemonTable {
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
    note(daemon, isChanged: false)
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
