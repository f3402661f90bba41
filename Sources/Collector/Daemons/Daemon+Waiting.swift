internal import AuditRules

/// What a daemon has its containers stopped for.
extension Daemon {
  /// `-f 2`: a container from which it has missed an event.
  var stopsContainers: Bool { ruleset.settings.failure == 2 && !template.scope.isHost }

  /// `-b`: 0 is no limit.
  var backlogLimit: Int { ruleset.settings.backlogLimit ?? Limits.backlog }
}
