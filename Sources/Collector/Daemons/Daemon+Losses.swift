import CNestaudit

/// What a daemon has missed, and how its log says so.
extension Daemon {
  /// Counts an event as lost, of which something came.
  func lose(_ cause: LossCause) {
    books.lose(cause)
    note()
  }

  /// Counts events as lost that never came; without a cause, parts of events.
  func miss(_ events: UInt64, _ cause: LossCause?) {
    if let cause { books.miss(events, cause) } else { books.missParts(events) }
    note()
  }

  /// Events that it should have had and did not get, since it began or was told to count anew.
  var lost: UInt64 { books.lost - forgotten }

  /// `--reset-lost`: says what was lost until now, and counts what it misses anew.
  func forgetLosses() {
    tellLosses(at: .now)
    forgotten = books.lost
    lossesTold = books.losses
  }

  /// Says in the log what was lost since that was last said, if anything.
  func tellLosses(at time: EventTime) {
    if isSuspended { return }
    tellUnconfirmed(at: time)
    if let untold = refusals.takeUntold() {
      write(.refusedRequests(untold.new, total: untold.total), at: time)
    }
    tellParts(at: time)
    guard books.losses != lossesTold, enabled else { return }
    let new = books.losses &- lossesTold
    lossesTold = books.losses
    let failure = ruleset.settings.failure ?? 1
    guard failure > 0 else { return }
    write(.lostEvents(new.sum, total: lost, causes: new.named), at: time)
  }

  private func tellParts(at time: EventTime) {
    guard books.parts > partsTold, enabled, ruleset.settings.failure ?? 1 > 0 else { return }
    let new = books.parts - partsTold
    partsTold = books.parts
    write(.lostParts(new, total: books.parts), at: time)
  }

  private func tellUnconfirmed(at time: EventTime) {
    guard unconfirmed > unconfirmedTold, enabled, ruleset.settings.failure ?? 1 > 0 else { return }
    let new = unconfirmed - unconfirmedTold
    unconfirmedTold = unconfirmed
    write(.unconfirmedNames(new, total: unconfirmed), at: time)
  }
}
