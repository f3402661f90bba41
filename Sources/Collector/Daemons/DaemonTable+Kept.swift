internal import AuditRules
import FoundationEssentials

/// Rules and settings that were changed at run time, kept for a collector that takes over.
extension DaemonTable {
  /// What a daemon goes by.
  private struct Kept: Codable {
    let daemon: String
    /// Of the configuration's daemons, the one that it was made from.
    let template: String
    /// nil: what its files say.
    let rules: [Rule]?
    let settings: Settings
  }

  /// Rules that an earlier collector's daemon had been given.
  struct Inherited {
    let settings: Settings
    let prepared: PreparedRuleset
  }

  /// Keeps what a daemon goes by from now on.
  /// - Parameter isChanged: it is no more what its files say.
  func note(_ daemon: Daemon, isChanged: Bool) {
    guard isChanged || daemon.isChanged else { return }
    daemon.isChanged = isChanged
    let ruleset = daemon.ruleset
    keep(
      Kept(
        daemon: daemon.name, template: daemon.template.name,
        rules: isChanged ? ruleset.compiled.rules : nil, settings: ruleset.settings))
  }

  private func keep(_ kept: Kept) {
    guard let facts = ledger.facts, let json = try? JSONEncoder().encode(kept) else { return }
    json.withUnsafeBytes { facts.add(.rules, $0) }
  }

  /// Keeps it of every daemon.
  func tellAll() { for daemon in all { note(daemon, isChanged: daemon.isChanged) } }

  /// Finds what daemons are to go by once they are there.
  func inherit() {
    var kept: [String: Kept] = [:]
    ledger.facts?.forEach { kind, bytes in
      guard kind == .rules, let one = try? JSONDecoder().decode(Kept.self, from: Data(bytes))
      else { return }
      kept[one.daemon] = one.rules == nil ? nil : one
    }
    for (name, one) in kept {
      guard let template = templates.first(where: { $0.name == one.template }) else { continue }
      let ruleset = Ruleset(settings: one.settings, rules: one.rules ?? [])
      do {
        inherited[name] = Inherited(
          settings: one.settings,
          prepared: try .of(ruleset, options: template.ruleset.options))
      } catch {
        logger.error("daemon \(name): what it was told at run time is lost: \(error)")
      }
    }
  }

  /// Forgets what is left of that, once every daemon is there.
  func forgetInherited() throws {
    guard !inherited.isEmpty else { return }
    for (name, one) in inherited {
      keep(Kept(daemon: name, template: "", rules: nil, settings: one.settings))
    }
    inherited = [:]
    try openGates(for: templates)
  }

  /// Has a daemon that has just been made go by what it was told before.
  func resume(_ daemon: Daemon) {
    guard let own = inherited.removeValue(forKey: daemon.name) else { return }
    let before = daemon.ruleset
    do {
      if before.prepared === own.prepared, own.settings.enabled != 2 {
        daemon.apply(
          LoadedRuleset(
            settings: own.settings, prepared: own.prepared, content: before.content,
            slot: before.slot))
      } else {
        let slot = try rulesets.takeSlot()
        let content = try rulesets.hold(own.prepared)
        daemon.apply(
          LoadedRuleset(
            settings: own.settings, prepared: own.prepared, content: content, slot: slot,
            isOwn: true))
        try rulesets.point([(slot, content)])
        try openGates(for: templates)
      }
      daemon.isChanged = true
      logger.notice(
        "daemon \(daemon.name) goes on with what 'nestaudit ctl' has told it; 'nestaudit reload' has it go by its files"
      )
    } catch {
      daemon.apply(before)
      logger.error("daemon \(daemon.name): what it was told at run time is lost: \(error)")
    }
  }
}
