internal import AuditRules
internal import Containers

extension DaemonTable {
  /// Has one daemon go by other rules and settings, whole or not at all; no other daemon is touched.
  /// - Parameters:
  ///   - entries: the host and every container.
  ///   - reassign: gives those that have events for the daemon their routes anew.
  func change(
    _ daemon: Daemon, to settings: Settings, _ prepared: PreparedRuleset,
    entries: [ContainerEntry], reassign: () throws -> Void
  ) throws {
    let before = daemon.ruleset
    // What is locked must stay whatever a reload makes of the daemon's files.
    if before.prepared === prepared, before.isOwn || settings.enabled != 2 {
      daemon.apply(
        LoadedRuleset(
          settings: settings, prepared: prepared, content: before.content, slot: before.slot,
          isOwn: before.isOwn))
      return
    }
    let slot = before.isOwn ? before.slot : try rulesets.takeSlot()
    let content: RulesetTable.Content
    do {
      content = try rulesets.hold(prepared)
    } catch {
      if !before.isOwn { rulesets.giveBack(slot) }
      throw error
    }
    let next = LoadedRuleset(
      settings: settings, prepared: prepared, content: content, slot: slot, isOwn: true)
    let held = hold(watchesOf: next, for: daemon, entries)
    defer { for set in held { watches.release(set) } }
    do {
      try openGates(for: templates, and: next)
      try rulesets.point([(slot, content)])
    } catch {
      rulesets.release(content)
      if !before.isOwn { rulesets.giveBack(slot) }
      throw error
    }
    daemon.apply(next)
    try reassign()
    try openGates(for: templates)
    if before.isOwn { rulesets.release(before.content) }
  }

  /// The paths of rules that are about to hold, looked up where the daemon goes by them.
  private func hold(
    watchesOf ruleset: LoadedRuleset, for daemon: Daemon, _ entries: [ContainerEntry]
  ) -> [WatchSet] {
    entries.flatMap { entry in
      entry.routes.filter { route in
        route.daemon === daemon && (route.owner === entry || entry.container == nil)
      }
    }
    .compactMap { holdWatches(of: ruleset, in: $0.owner) }
  }
}

extension ContainerTable {
  /// Gives everything from which a daemon has events its routes anew.
  func reassign(for daemon: Daemon) throws {
    for entry in entries where entry.routes.contains(where: { $0.daemon === daemon }) {
      try reassign(entry)
    }
    publish()
  }
}
