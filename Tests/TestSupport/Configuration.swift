public import Foundation

/// A configuration directory of the collector.
public struct Configuration {
  /// Where it is.
  public let directory: URL

  /// An empty one below `area`, with a `nestaudit.conf` of the given lines.
  public init(in area: URL, named name: String = "config", settings: String = "") throws {
    directory = area.appending(path: name)
    try FileManager.default.createDirectory(
      at: directory.appending(path: "daemons"), withIntermediateDirectories: true)
    try write(settings, to: "nestaudit.conf")
  }

  /// Adds or replaces a daemon.
  public func daemon(
    _ name: String, scope: String, rules: String, auditd: String = Self.auditd
  ) throws {
    try FileManager.default.createDirectory(
      at: directory.appending(path: "daemons/\(name)"), withIntermediateDirectories: true)
    try write(scope, to: "daemons/\(name)/scope.conf")
    try write(auditd, to: "daemons/\(name)/auditd.conf")
    try write(rules, to: "daemons/\(name)/audit.rules")
  }

  /// Writes one file, by its path in the directory.
  public func write(_ text: String, to path: String) throws {
    let line = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
    try line.write(to: directory.appending(path: path), atomically: true, encoding: .utf8)
  }

  /// Keys of auditd.conf that keep everything in one file.
  public static let auditd = """
    log_format = RAW
    flush = NONE
    max_log_file = 1024
    num_logs = 2
    max_log_file_action = IGNORE
    """
}
