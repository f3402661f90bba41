/// What has become of events, each of which is counted once.
public struct EventBooks: Codable, Equatable, Sendable {
  /// Events that were captured: the sum of those that were written, filtered and lost, and those that wait.
  public var captured: UInt64
  /// Of a daemon, those in its log; of a container, those that each daemon has taken that was to have them.
  public var written: UInt64
  /// Those that no rule wanted.
  public var filtered: UInt64
  /// Of a daemon, those that wait for the disk; of a container, those that wait until its daemons are known.
  public var waiting: UInt64
  /// Those that were wanted and are not to be had: the sum of `losses`.
  public var lost: UInt64
  /// How many by cause: `ring_full`, `no_memory`, `unknown_task`, `uncounted`, `backlog`, `rate`, `log_quota`, `log`; also those
  /// for which nothing was lost.
  public var losses: [String: UInt64]
  /// What belongs to events and was lost alone; no event is counted here.
  public var parts: UInt64

  /// Makes books.
  public init(
    captured: UInt64 = 0, written: UInt64 = 0, filtered: UInt64 = 0, waiting: UInt64 = 0,
    losses: [String: UInt64] = [:], parts: UInt64 = 0
  ) {
    self.captured = captured
    self.written = written
    self.filtered = filtered
    self.waiting = waiting
    self.losses = losses
    self.parts = parts
    lost = losses.values.reduce(0, +)
  }
}

/// A daemon's settings and books.
public struct DaemonReport: Codable, Equatable, Sendable {
  /// One line of `auditctl -s`.
  public struct Setting: Codable, Equatable, Sendable {
    /// As auditctl names it.
    public var name: String
    /// Its number.
    public var value: Int
    /// What follows the number in words; nil if nothing does.
    public var note: String?

    /// Makes a line.
    public init(name: String, value: Int, note: String? = nil) {
      self.name = name
      self.value = value
      self.note = note
    }
  }

  /// Its name, as whoever asks may see it.
  public var daemon: String
  /// In the order of `auditctl -s`.
  public var settings: [Setting]
  /// What has become of its events, since it began.
  public var books: EventBooks

  /// Makes a report.
  public init(daemon: String, settings: [Setting], books: EventBooks) {
    self.daemon = daemon
    self.settings = settings
    self.books = books
  }
}

/// The answer to `status`.
public struct DaemonReportReply: Codable, Equatable, Sendable {
  /// By name.
  public var daemons: [DaemonReport]
  /// Why there are none.
  public var error: String?
  /// The reason is who has asked.
  public var isDenied: Bool

  /// Makes a reply.
  public init(daemons: [DaemonReport] = [], error: String? = nil, isDenied: Bool = false) {
    self.daemons = daemons
    self.error = error
    self.isDenied = isDenied
  }
}
