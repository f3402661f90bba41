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
    _ configuration: CollectorConfiguration, askedBy sender: SignalSource.Sender,
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
    apply(loaded, since: old, askedBy: sender)
    try reassign()
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

  private func apply(
    _ loaded: [DaemonTemplate], since old: [String: DaemonTemplate],
    askedBy sender: SignalSource.Sender
  ) {
    for daemon in all {
      guard let template = loaded.first(where: { $0.stands(for: daemon) }) else {
        end(daemon, askedBy: sender)
        continue
      }
      let before = daemon.ruleset
      let wasEnriched = daemon.names != nil
      daemon.apply(template.ruleset)
      daemon.apply(names: ownNames(of: template))
      guard
        template.ruleset.content !== before.content
          || template.ruleset.settings != before.settings || wasEnriched != template.isEnriched
      else { continue }
      daemon.write(
        .reconfigured(
          auid: sender.auid, uid: sender.uid, session: sender.session,
          pid: template.scope.isHost ? sender.pid : 0,
          label: template.scope.isHost ? sender.label : nil), at: .now)
      daemon.tellChanges(since: before, askedBy: sender)
    }
  }
}
