/// What auditd.conf(5) says about a daemon's log.
public struct AuditdConfiguration: Sendable, Equatable {
  /// What happens when the log has reached its size.
  public enum Action: String, Sendable, CaseIterable {
    case ignore
    case rotate
    case keepLogs = "keep_logs"
  }

  /// When what was written goes onto the disk.
  public enum Flush: String, Sendable, CaseIterable {
    case none
    case incremental
    case incrementalAsync = "incremental_async"
    case data
    case sync

    /// Who writes waits until it is there.
    var waits: Bool { self == .incremental || self == .data || self == .sync }
  }

  /// What stands in a line of the log.
  public enum Format: String, Sendable, CaseIterable {
    /// What the kernel says.
    case raw
    /// And behind it the names of ids, syscalls and addresses.
    case enriched
  }

  /// Absolute path; nil is LOGDIR/NAME/audit.log.
  public var logFile: String?
  /// `log_format`
  public var logFormat = Format.raw
  /// In MiB.
  public var maxLogFile = 8
  /// 0 to 999; fewer than 2 keep no old log.
  public var numLogs = 5
  /// `max_log_file_action`: what follows when a log is full.
  public var maxLogFileAction = Action.rotate
  /// `flush`: when the log is forced to the disk.
  public var flush = Flush.incrementalAsync
  /// Records between two flushes, for the incremental modes.
  public var freq = 50

  /// What auditd ships with, but for the format.
  public init() {}

  /// auditd's own keys that say nothing here: we send no mail, speak no network and watch no disk.
  private static let withoutMeaning = [
    "local_events", "write_logs", "log_group", "priority_boost", "disp_qos", "dispatcher",
    "name_format", "name", "verify_email", "action_mail_acct", "space_left", "space_left_action",
    "admin_space_left", "admin_space_left_action", "disk_full_action", "disk_error_action",
    "use_libwrap", "tcp_listen_port", "tcp_listen_queue", "tcp_max_per_addr", "tcp_client_ports",
    "tcp_client_max_idle", "transport", "enable_krb5", "krb5_principal", "krb5_key_file",
    "distribute_network", "q_depth", "overflow_action", "max_restarts", "plugin_dir",
    "end_of_event_timeout",
  ]
  private static let meant = [
    "log_file", "log_format", "max_log_file", "num_logs", "max_log_file_action", "flush", "freq",
  ]

  /// Reads auditd.conf.
  static func parse(_ text: String, file: String) throws(ConfigurationError) -> Self {
    let values = try KeyValueFile(text, file: file, known: meant + withoutMeaning)
    var configuration = AuditdConfiguration()
    if let entry = values["log_file"] {
      guard entry.value.hasPrefix("/"), !entry.value.hasSuffix("/") else {
        throw values.failure(entry, "give the absolute path of a file")
      }
      configuration.logFile = entry.value
    }
    configuration.logFormat = try values.choice("log_format", default: .raw)
    configuration.maxLogFile = try values.number("max_log_file", 1...1_048_576, default: 8)
    configuration.numLogs = try values.number("num_logs", 0...999, default: 5)
    configuration.freq = try values.number("freq", 0...Int(Int32.max), default: 50)
    configuration.flush = try values.choice("flush", default: .incrementalAsync)
    if let entry = values["max_log_file_action"],
      ["syslog", "suspend", "exec"].contains(entry.value.lowercased())
    {
      throw values.failure(entry, "not supported yet; give ignore, rotate or keep_logs")
    }
    configuration.maxLogFileAction = try values.choice("max_log_file_action", default: .rotate)
    return configuration
  }

  /// Bytes after which the log is rotated; nil if it never is.
  var rotationSize: Int? {
    switch maxLogFileAction {
    case .ignore: nil
    case .keepLogs: maxLogFile << 20
    case .rotate: numLogs < 2 ? nil : maxLogFile << 20
    }
  }
}
