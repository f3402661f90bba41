internal import AuditRules
internal import Containers
import Synchronization

/// A daemon as the configuration describes it, with its rules in the kernel.
struct DaemonTemplate {
  let configuration: DaemonConfiguration
  let ruleset: LoadedRuleset

  var name: String { configuration.name }
  var scope: ScopeConfiguration { configuration.scope }
  /// One instance for each container, instead of one for all.
  var isPerContainer: Bool { scope.isPerContainer && !scope.isHost }

  /// `log_format = ENRICHED`
  var isEnriched: Bool { configuration.auditd.logFormat == .enriched }

  /// The container's name in the embedded default; the daemon's own where it means one container, and both,
  /// `daemon/container`, where it may mean several.
  func instanceName(for container: String) -> String {
    if configuration.isEmbeddedDefault { return container }
    return scope.namesOneContainer ? name : "\(name)/\(container)"
  }

  /// Whether `daemon` was made from this daemon of the configuration, now or before a reload.
  func stands(for daemon: Daemon) -> Bool {
    daemon.template.name == name && daemon.template.isPerContainer == isPerContainer
      && daemon.template.scope.isHost == scope.isHost
  }

  func logPath(instance: String, directory: String) -> String {
    if let path = configuration.auditd.logFile, !isPerContainer { return path }
    return "\(directory)/\(instance)/audit.log"
  }
}

/// A daemon's settings, and its rules in the kernel.
final class LoadedRuleset {
  let settings: Settings
  let prepared: PreparedRuleset
  let content: RulesetTable.Content
  /// Where the kernel has the rules of this daemon, whatever they are.
  let slot: UInt32
  /// A daemon has it and its slot for itself: it was changed at run time.
  let isOwn: Bool
  /// No other one has it.
  let identity = LoadedRuleset.nextIdentity.wrappingAdd(1, ordering: .relaxed).newValue
  private static let nextIdentity = Atomic<UInt64>(0)

  init(
    settings: Settings, prepared: PreparedRuleset, content: RulesetTable.Content, slot: UInt32,
    isOwn: Bool = false
  ) {
    self.isOwn = isOwn
    self.settings = settings
    self.prepared = prepared
    self.content = content
    self.slot = slot
  }

  var compiled: CompiledRuleset { prepared.compiled }
  var options: RuleOptionsOfScope { prepared.options }

  /// `-e 2`
  var isLocked: Bool { settings.enabled == 2 }
}
