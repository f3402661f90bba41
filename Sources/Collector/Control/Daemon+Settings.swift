internal import AuditRules

extension Daemon {
  /// What `auditctl -s` prints (auditctl-listing.c, audit_print_reply).
  /// - Parameter pid: of the daemon's process.
  func settingLines(pid: UInt32) -> [String] {
    let settings = ruleset.settings
    return [
      "enabled \(Setting.enabled.value(in: settings))",
      "failure \(Setting.failure.value(in: settings))",
      "pid \(pid)",
      "rate_limit \(Setting.rateLimit.value(in: settings))",
      "backlog_limit \(Setting.backlogLimit.value(in: settings))",
      "lost \(lost)",
      "backlog \(log.queuedRecords)",
      "backlog_wait_time \(Setting.backlogWaitTime.value(in: settings))",
      "backlog_wait_time_actual 0",
      "loginuid_immutable 0 unlocked",
    ]
  }
}
