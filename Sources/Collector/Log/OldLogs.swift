import Glibc
internal import Logging

/// Removes the logs of containers that ended longer ago than scope.conf keeps them; the directories may be slow. Lives on the
/// drain thread.
final class OldLogs {
  /// How often it is looked, in nanoseconds.
  private static let period: Int64 = 3600 * 1_000_000_000

  private let remover: PatientReader<[String: Int64], [String]>
  private let logger: Logger
  private var next: Int64 = 0

  /// - Parameter root: holds the directories of all logs.
  init(in root: String, logger: Logger) {
    self.logger = logger
    remover = PatientReader(
      name: "old-logs", read: { LogDirectory.removeOld(in: root, keep: $0) })
  }

  /// To be called once a second.
  /// - Parameter keep: seconds, by the daemon of the configuration.
  func remove(keeping keep: [String: Int64]) {
    remover.relieve()
    for directory in remover.take().flatMap(\.answer) {
      logger.info("\(directory): kept as long as it was to be, removed")
    }
    let now = Clock.read(CLOCK_MONOTONIC)
    guard now >= next else { return }
    next = now + Self.period
    if !keep.isEmpty { remover.ask(0, keep) }
  }
}
