internal import AuditRules

/// What a daemon has its containers stopped for.
extension Daemon {
  /// `-f 2`: a container from which it has missed an event.
  var stopsContainers: Bool { ruleset.settings.failure == 2 && !template.scope.isHost }

  /// `--backlog_wait_time`, in milliseconds; 0 if nobody waits for it.
  var waitTime: Int { ruleset.settings.backlogWaitTime ?? 0 }

  /// `-b`: 0 is no limit.
  var backlogLimit: Int { ruleset.settings.backlogLimit ?? Limits.backlog }

  /// Whether more may wait than that: without a `-b`, as long as its disk is not far behind.
  var mayExceedBacklog: Bool {
    ruleset.settings.backlogLimit == nil && waitTime == 0 && log.isDiskAtEase
  }

  /// Has its log wait for its disk only if its backlog lasts for that long.
  func tellPatience() {
    log.isPatient.store(
      backlogLimit == 0 || backlogLimit >= Limits.backlog, ordering: .relaxed)
  }

  /// Whether so many records more leave less than a quarter of the backlog: what makes them is to be stopped now, since
  /// it goes on until it is.
  @inline(__always)
  func isCrowded(by records: Int) -> Bool {
    let limit = backlogLimit
    return waitTime > 0 && limit > 0 && backlog + records > limit - limit / 4
  }

  /// Whether it has drained.
  var isHalfEmpty: Bool { backlogLimit == 0 || backlog <= backlogLimit / 2 }
}
