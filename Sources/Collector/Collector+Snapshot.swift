internal import Capture
internal import Containers

/// What `ps` and `status` tell of the collector.
extension Collector {
  static func snapshot(
    _ capture: Capture, _ daemons: [Daemon], _ entries: [ContainerEntry],
    _ containment: Containment, _ hierarchy: CgroupHierarchy
  ) -> CollectorSnapshot {
    CollectorSnapshot(
      backend: capture.backend.rawValue,
      daemons: daemons.map { daemon in
        .init(
          name: daemon.name, log: daemon.log.path, scope: daemon.template.scope.text,
          enabled: daemon.ruleset.settings.enabled ?? 1,
          rules: daemon.ruleset.compiled.rules.count, written: daemon.log.written,
          lost: daemon.lost,
          backlog: daemon.log.queuedRecords, books: daemon.booksNow)
      },
      containers: entries.map { entry in
        .init(
          contid: entry.number, outer: entry.outer?.number,
          name: entry.container?.name ?? "host",
          runtime: entry.container?.metadata?.runtime.rawValue,
          image: entry.container?.metadata?.image, pod: entry.container?.metadata?.pod,
          namespace: entry.container?.metadata?.podNamespace,
          labels: entry.container?.metadata?.labels ?? [:],
          cgroup: entry.container?.cgroupPath ?? "/",
          daemons: entry.ownDaemons.map(\.name), frozen: containment.standstill(of: entry),
          processes: processCount(capture, entry, hierarchy),
          books: BooksSnapshot(entry.books, held: entry.held?.counted ?? 0),
          unconfirmed: entry.unconfirmed, unreadable: entry.unreadable)
      },
      skippedRuns: capture.skippedRuns,
      // Of the machine: a container has no business there.
      tables: entries.contains { $0.container == nil } ? tables(capture) : [:])
  }

  private static func processCount(
    _ capture: Capture, _ entry: ContainerEntry, _ hierarchy: CgroupHierarchy
  ) -> Int {
    guard let container = entry.container else { return hierarchy.processCount("/") ?? 0 }
    guard let cgroup = container.ownCgroup else {
      return Int(clamping: capture.declarations.count(entry.contid))
    }
    return hierarchy.processCount(cgroup) ?? 0
  }

  private static func tables(_ capture: Capture) -> [String: Int] {
    [
      "cgroups": capture.cgroups.count, "births": capture.cgroups.birthCount,
      "views": capture.views.count,
      "watched": capture.watched.count, "watches": capture.watches.count,
      "losses": capture.losses.count,
    ]
  }
}
