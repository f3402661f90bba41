internal import AuditRecords
internal import AuditRules

extension Daemon {
  /// Says in the log which rules came and went, and which settings are others now.
  func tellChanges(since old: LoadedRuleset, askedBy sender: SignalSource.Sender) {
    let label = template.scope.isHost ? sender.label : nil
    let before = old.compiled.rules
    let now = ruleset.compiled.rules
    for (rules, others, added) in [(before, now, false), (now, before, true)] {
      let known = Set(others.map(RuleContent.init))
      for rule in rules where !known.contains(RuleContent(rule)) {
        write(
          .ruleChanged(
            added: added, key: rule.key, list: rule.list.rawValue, auid: sender.auid,
            session: sender.session, label: label), at: .now)
      }
    }
    let settings: [(String, KeyPath<Settings, Int?>, Int)] = [
      ("audit_enabled", \.enabled, 1), ("audit_failure", \.failure, 1),
      ("audit_rate_limit", \.rateLimit, 0), ("audit_backlog_limit", \.backlogLimit, Limits.backlog),
      ("audit_backlog_wait_time", \.backlogWaitTime, 0),
    ]
    for (name, path, standard) in settings {
      let value = ruleset.settings[keyPath: path] ?? standard
      let earlier = old.settings[keyPath: path] ?? standard
      guard value != earlier else { continue }
      write(
        .settingChanged(
          name: name, value: value, old: earlier, auid: sender.auid, session: sender.session,
          label: label),
        at: .now)
    }
    if ruleset.settings.resetsLost { forgetLosses() }
  }
}
