internal import AuditRules

extension Quotas {
  /// Why a container may not have these; nil if it may. What it does not change is not its doing.
  func refusal(of new: NewRules) -> String? {
    let old = new.old.ruleset
    let count = new.prepared.compiled.rules.count
    if count > rules, count > old.rules.count {
      return "more rules than max_rules = \(rules) of the daemon's scope.conf allows"
    }
    let rate = new.settings.rateLimit ?? 0
    if self.rate > 0, rate != old.settings.rateLimit ?? 0, rate == 0 || rate > self.rate {
      return "-r \(rate) is more than max_rate = \(self.rate) of the daemon's scope.conf allows"
    }
    let backlog = new.settings.backlogLimit ?? Limits.backlog
    if backlog != old.settings.backlogLimit ?? Limits.backlog,
      backlog == 0 || backlog > self.backlog
    {
      return
        "-b \(backlog) is more than max_backlog = \(self.backlog) of the daemon's scope.conf allows"
    }
    return nil
  }
}
