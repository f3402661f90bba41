internal import AuditRecords
internal import AuditRules

extension Daemon {
  /// Says in the log which rules came and went, and which settings are others now.
  func tellChanges(since old: LoadedRuleset, askedBy asker: Asker) {
    let seen = asker.seen(by: self)
    let before = old.compiled.rules
    let now = ruleset.compiled.rules
    for (rules, others, added) in [(before, now, false), (now, before, true)] {
      let known = Set(others.map(RuleContent.init))
      for rule in rules where !known.contains(RuleContent(rule)) {
        write(
          .ruleChanged(added: added, key: rule.key, list: rule.list.rawValue, seen), at: .now)
      }
    }
    for setting in Setting.all {
      let value = setting.value(in: ruleset.settings)
      let earlier = setting.value(in: old.settings)
      guard value != earlier else { continue }
      write(.settingChanged(name: setting.name, value: value, old: earlier, seen), at: .now)
    }
    if ruleset.settings.resetsLost { forgetLosses() }
    if ruleset.settings.resetsWaited { waited = 0 }
  }
}

/// A setting that the kernel tells of when it changes (kernel/audit.c, audit_do_config_change).
struct Setting {
  /// As CONFIG_CHANGE names it.
  let name: String
  private let path: KeyPath<Settings, Int?>
  /// Where no line sets it.
  private let standard: Int

  func value(in settings: Settings) -> Int { settings[keyPath: path] ?? standard }

  static var enabled: Setting { Setting("audit_enabled", \.enabled, 1) }
  static var failure: Setting { Setting("audit_failure", \.failure, 1) }
  static var rateLimit: Setting { Setting("audit_rate_limit", \.rateLimit, 0) }
  static var backlogLimit: Setting {
    Setting("audit_backlog_limit", \.backlogLimit, Limits.backlog)
  }
  static var backlogWaitTime: Setting { Setting("audit_backlog_wait_time", \.backlogWaitTime, 0) }

  static var all: [Setting] { [enabled, failure, rateLimit, backlogLimit, backlogWaitTime] }

  private init(_ name: String, _ path: KeyPath<Settings, Int?>, _ standard: Int) {
    self.name = name
    self.path = path
    self.standard = standard
  }
}
