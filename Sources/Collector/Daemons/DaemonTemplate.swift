internal import AuditRules
internal import Containers

/// A daemon as the configuration describes it, with its rules in the kernel.
struct DaemonTemplate {
  let configuration: DaemonConfiguration
  let ruleset: LoadedRuleset

  var name: String { configuration.name }
  var scope: ScopeConfiguration { configuration.scope }
  /// One instance for each container, instead of one for all.
  var isPerContainer: Bool { scope.isPerContainer && !scope.isHost }

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

/// A ruleset and the ids of its two forms in the kernel.
final class LoadedRuleset {
  let settings: Settings
  let options: RuleOptionsOfScope
  let compiled: CompiledRuleset
  /// With the kernel's own ids.
  let plain: UInt32
  /// For views that translate ids.
  let translated: UInt32

  init(
    settings: Settings, options: RuleOptionsOfScope, compiled: CompiledRuleset, plain: UInt32,
    translated: UInt32
  ) {
    self.settings = settings
    self.options = options
    self.compiled = compiled
    self.plain = plain
    self.translated = translated
  }

  /// `-e 2`
  var isLocked: Bool { settings.enabled == 2 }
}
