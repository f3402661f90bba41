internal import AuditRecords
internal import AuditRules

extension DaemonTable {
  /// Goes by another configuration: all of it, or nothing if it cannot be loaded. What has not changed is not
  /// touched.
  /// - Parameters:
  ///   - entries: the host and every container.
  ///   - reassign: gives these their daemons anew.
  /// - Returns: what did not change, and why.
  func reload(
    _ configuration: CollectorConfiguration, askedBy asker: Asker,
    entries: [ContainerEntry], reassign: () throws -> Void
  ) throws -> [String] {
    var kept: [String] = []
    var loaded: [DaemonTemplate] = []
    let old = Dictionary(uniqueKeysWithValues: templates.map { ($0.name, $0) })
    do {
      for daemon in configuration.daemons {
        let before = old[daemon.name]
        if let locked = before, locked.ruleset.isLocked {
          kept.append(
            "daemon \(daemon.name) is locked (-e 2): its rules stay until the collector ends")
          loaded.append(locked)
        } else {
          let slot = try before?.ruleset.slot ?? rulesets.takeSlot()
          loaded.append(try load(daemon, slot: slot))
        }
      }
      for template in loaded where !template.isPerContainer && instances[template.name] == nil {
        _ = try instance(template, name: template.name)
      }
    } catch {
      for template in loaded where old[template.name]?.ruleset !== template.ruleset {
        rulesets.release(template.ruleset.content)
        if old[template.name] == nil { rulesets.giveBack(template.ruleset.slot) }
      }
      throw error
    }
    let previous = templates
    let changed = loaded.filter { $0.ruleset.content !== old[$0.name]?.ruleset.content }
    // Until the new rules hold for everybody, what either names is let through.
    try openGates(for: loaded + previous)
    let held = hold(watchesOf: changed, for: entries)
    try rulesets.point(changed.map { ($0.ruleset.slot, $0.ruleset.content) })
    templates = loaded
    let own = apply(loaded, askedBy: asker, kept: &kept)
    try reassign()
    own.forEach(giveBack)
    for set in held { watches.release(set) }
    try openGates(for: loaded)
    for template in previous where !loaded.contains(where: { $0.ruleset === template.ruleset }) {
      rulesets.release(template.ruleset.content)
    }
    let slots = Set(loaded.map(\.ruleset.slot))
    for template in previous where !slots.contains(template.ruleset.slot) {
      rulesets.giveBack(template.ruleset.slot)
    }
    return kept
  }

  /// The paths of rules that are about to hold, looked up wherever a daemon goes by them.
  private func hold(
    watchesOf changed: [DaemonTemplate], for entries: [ContainerEntry]
  ) -> [WatchSet] {
    var held: [WatchSet] = []
    for entry in entries {
      for route in entry.routes where route.owner === entry || entry.container == nil {
        guard let template = changed.first(where: { $0.stands(for: route.daemon) }) else {
          continue
        }
        if let set = holdWatches(of: template.ruleset, in: route.owner) { held.append(set) }
      }
    }
    return held
  }

  /// - Returns: rules of daemons that go by them no more.
  private func apply(
    _ loaded: [DaemonTemplate], askedBy asker: Asker, kept: inout [String]
  ) -> [LoadedRuleset] {
    var own: [LoadedRuleset] = []
    for daemon in all {
      guard let template = loaded.first(where: { $0.stands(for: daemon) }) else {
        end(daemon, askedBy: asker)
        own.append(daemon.ruleset)
        continue
      }
      daemon.quotas = template.scope.quotas
      let before = daemon.ruleset
      if before.isOwn, before.isLocked {
        kept.append(
          "daemon \(daemon.name) is locked (-e 2): its rules stay until it ends")
        continue
      }
      if before.isOwn { own.append(before) }
      let wasEnriched = daemon.names != nil
      daemon.apply(template.ruleset)
      note(daemon, isChanged: false)
      daemon.apply(names: ownNames(of: template))
      guard
        template.ruleset.content !== before.content
          || template.ruleset.settings != before.settings || wasEnriched != template.isEnriched
      else { continue }
      daemon.write(.reconfigured(asker.seen(by: daemon)), at: .now)
      daemon.tellChanges(since: before, askedBy: asker)
    }
    return own
  }

  /// What a daemon had for itself is not used any more.
  func giveBack(_ ruleset: LoadedRuleset) {
    guard ruleset.isOwn else { return }
    rulesets.release(ruleset.content)
    rulesets.giveBack(ruleset.slot)
  }
}
