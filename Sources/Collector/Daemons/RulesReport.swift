internal import AuditRules
import CNestaudit
import Glibc
import Logging

/// What the collector's log says of a daemon's rules: how many of them there are of each standing, and what was odd
/// about them.
struct RulesReport: Sendable {
  let daemon: String
  let prepared: PreparedRuleset
  let warnings: [RuleError]
  let isHost: Bool
  let knowsNamedFiles: Bool

  /// Writes them, in their order, from another thread.
  static func write(_ reports: [RulesReport], to logger: Logger) {
    guard !reports.isEmpty else { return }
    let work = Work(reports: reports, logger: logger)
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("rules-report")
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    pthread_detach(thread)
  }

  private final class Work: Sendable {
    private let reports: [RulesReport]
    private let logger: Logger

    init(reports: [RulesReport], logger: Logger) {
      self.reports = reports
      self.logger = logger
    }

    func run() {
      for report in reports {
        for warning in report.warnings { logger.warning("\(warning)") }
        logger.info("daemon \(report.daemon): \(report.counts)")
      }
    }
  }

  /// "12 rules: 11 active, 1 shadowed".
  private var counts: String {
    let standings = prepared.compiled.standings(
      in: RuleSurroundings(
        isAUIDUnset: nil, knowsNamedFiles: knowsNamedFiles,
        rootProcess: isHost ? UInt32(getpid()) : nil))
    return RuleStanding.summary(standings.map(\.kind))
  }
}
