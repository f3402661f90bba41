internal import AuditRecords
internal import AuditRules
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// Every daemon: the templates that the configuration describes, and the instances that stand for containers.
final class DaemonTable {
  let logger: Logger
  let logDirectory: String
  let outside: Outside
  let writers: LogWriters
  /// When what is done here counts.
  let ledger: Ledger
  var rulesets: RulesetTable
  var policies: PolicyTable
  /// Where the paths of rules lead.
  let watches: WatchTable
  /// Who ids are, for the format ENRICHED.
  let names: NameTable
  var templates: [DaemonTemplate] = []
  /// The backend is hooks.
  let knowsNamedFiles: Bool
  /// The rules that the collector's log has told of, by daemon.
  private var told: [String: PreparedRuleset] = [:]
  var instances: [String: Daemon] = [:]
  /// What daemons that are not there yet go by, of an earlier collector's, by their names.
  var inherited: [String: Inherited] = [:]
  /// Of the daemon that comes next.
  var nextNumber: UInt32 = 0
  /// How many containers an instance stands for.
  var uses: [String: Int] = [:]
  private let oldLogs: OldLogs
  /// Logs of daemons that have ended, until everything is in them.
  var closing: [DaemonLog] = []
  /// The host's, for as long as the collector runs.
  lazy var hostNames = holdNames(in: nil)

  init(
    configuration: CollectorConfiguration, capture: Capture, ledger: Ledger, logger: Logger,
    outside: Outside, writers: LogWriters
  ) throws {
    self.writers = writers
    self.logger = logger
    self.ledger = ledger
    self.outside = outside
    names = NameTable(outside: outside)
    logDirectory = configuration.logDirectory
    oldLogs = OldLogs(in: logDirectory, logger: logger)
    knowsNamedFiles = capture.backend == .hooks
    rulesets = RulesetTable(capture: capture)
    policies = PolicyTable(capture: capture)
    watches = WatchTable(capture: capture, logger: logger, outside: outside)
    watches.onRoom = { [unowned self] in policies.setKnowsPaths($0) }
    for daemon in configuration.daemons {
      templates.append(
        try load(daemon, slot: try rulesets.takeSlot()))
    }
    inherit()
    try rulesets.point(templates.map { ($0.ruleset.slot, $0.ruleset.content) })
    try openGates(for: templates)
    for template in templates where !template.isPerContainer {
      _ = try instance(template, name: template.name)
    }
  }

  /// By name.
  var all: [Daemon] { instances.values.sorted { $0.name < $1.name } }

  var generation: UInt32 { policies.generation }

  /// Makes what was written to the tables hold for every task.
  func publish() { policies.publish() }

  func load(
    _ configuration: DaemonConfiguration, slot: UInt32
  ) throws -> DaemonTemplate {
    DaemonTemplate(
      configuration: configuration,
      ruleset: LoadedRuleset(
        settings: configuration.ruleset.settings, prepared: configuration.prepared,
        content: try rulesets.hold(configuration.prepared), slot: slot))
  }

  /// Opens the gates for what any of these daemons' rules name, and has gathered what they ask for; so too for rules
  /// that a daemon has of its own, and those that one is about to get.
  func openGates(for templates: [DaemonTemplate], and next: LoadedRuleset? = nil) throws {
    var gates: [UInt32: SyscallGate] = [:]
    var needs: UInt32 = 0
    let own = instances.values.map(\.ruleset).filter(\.isOwn) + [next].compactMap(\.self)
    for ruleset in templates.map(\.ruleset) + own {
      let compiled = ruleset.compiled
      gates[ruleset.slot, default: SyscallGate()].formUnion(
        SyscallGate(compiled.gate, operations: compiled.operations))
      needs |= compiled.needs
    }
    // Until they are there, what they ask for is captured.
    for ruleset in inherited.values {
      let compiled = ruleset.prepared.compiled
      gates[.max, default: SyscallGate()].formUnion(
        SyscallGate(compiled.gate, operations: compiled.operations))
      needs |= compiled.needs
    }
    policies.need(needs)
    try policies.open(gates)
  }

  /// Says what becomes of the rules that have changed since this was last called, in the collector's own log; on
  /// a thread of its own: to judge a thousand daemons' rules takes seconds.
  func tellRules() {
    let changed = templates.filter { told[$0.name] !== $0.ruleset.prepared }
    told = Dictionary(
      uniqueKeysWithValues: templates.map { ($0.name, $0.ruleset.prepared) })
    let reports = changed.map { template in
      RulesReport(
        daemon: template.name, prepared: template.ruleset.prepared,
        warnings: template.configuration.ruleset.warnings, isHost: template.scope.isHost,
        knowsNamedFiles: knowsNamedFiles)
    }
    RulesReport.write(reports, to: logger)
  }

  /// Once a second: what was given back can be used again.
  func tidy() {
    policies.freeRetired()
    watches.lookAgain()
    names.lookAgain()
    oldLogs.remove(
      keeping: Dictionary(
        uniqueKeysWithValues: templates.compactMap { template in
          template.scope.keep.map { (template.name, $0) }
        }))
  }

  /// Whether a daemon stands for a cgroup by its path alone, whatever made it.
  func namesCgroup(_ path: String) -> Bool {
    templates.contains { $0.scope.namesCgroup(path) }
  }

  /// Whether there is one that does so.
  var namesCgroups: Bool { templates.contains(where: \.scope.namesCgroups) }
}
