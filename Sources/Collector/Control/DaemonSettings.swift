internal import AuditRules

/// What a daemon says of itself: the settings, as `auditctl -s` has them, and its books.
public struct DaemonSettings: Sendable {
  /// One of auditctl's lines.
  public struct Setting: Sendable {
    /// As auditctl names it: `enabled`, `rate_limit` …
    public let name: String
    /// A number, whose unit is that of auditctl's option.
    public let value: Int
    /// What follows the number in words; nil if nothing does.
    public let note: String?

    init(_ name: String, _ value: Int, note: String? = nil) {
      self.name = name
      self.value = value
      self.note = note
    }

    /// As auditctl prints it.
    var line: String { "\(name) \(value)" + (note.map { " \($0)" } ?? "") }
  }

  /// The daemon's name, as the asker may see it.
  public let daemon: String
  /// In the order of `auditctl -s` (auditctl-listing.c, audit_print_reply).
  public let all: [Setting]
  /// What has become of its events, since it began.
  public let books: BooksSnapshot
}

extension Daemon {
  /// Its settings and books now.
  /// - Parameters:
  ///   - name: its own, as the asker may see it.
  ///   - pid: of the daemon's process; 0 where the asker has no number for it.
  func settings(named name: String, pid: UInt32) -> DaemonSettings {
    let settings = ruleset.settings
    return DaemonSettings(
      daemon: name,
      all: [
        .init("enabled", Setting.enabled.value(in: settings)),
        .init("failure", Setting.failure.value(in: settings)),
        .init("pid", Int(pid)),
        .init("rate_limit", Setting.rateLimit.value(in: settings)),
        .init("backlog_limit", Setting.backlogLimit.value(in: settings)),
        .init("lost", Int(clamping: lost)),
        .init("backlog", log.queuedRecords),
        .init("backlog_wait_time", Setting.backlogWaitTime.value(in: settings)),
        .init("backlog_wait_time_actual", Int(clamping: waited / 1_000_000)),
        .init("loginuid_immutable", 0, note: "unlocked"),
      ], books: booksNow)
  }
}
