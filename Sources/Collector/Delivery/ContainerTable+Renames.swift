internal import Containers

/// Containers that their runtime calls otherwise after a while.
extension ContainerTable {
  /// Of these runtimes a container's name can change while it runs.
  private static let renaming: [Runtime] = [.docker, .podman]

  /// Once a second: looks at one of them, in turn, so that what that costs does not depend on how many there are.
  func lookForNames() {
    if let entry = containers[lookedAt], let found = classifier.found(lookedAt),
      let name = found.name, let known = entry.container?.metadata, found.id == known.id,
      let before = known.name
    {
      // Twice in a row: files that are being written may tell an old name once.
      if name != before, name == entry.foundName { rename(entry, by: found) }
      entry.foundName = name
    }
    let entries = containers.values.filter {
      $0.held == nil && $0.outer == nil
        && $0.container?.metadata.map { Self.renaming.contains($0.runtime) } == true
    }
    guard
      let next = entries.filter({ $0.contid > lookedAt }).min(by: { $0.contid < $1.contid })
        ?? entries.min(by: { $0.contid < $1.contid }), let container = next.container
    else { return }
    lookedAt = next.contid
    classifier.askAgain(next.contid, path: container.cgroupPath, process: container.initPID)
  }

  /// Its daemons are those of the new name from here on, with logs of their own, and so are those of what is in it.
  func rename(_ entry: ContainerEntry, by metadata: ContainerMetadata) {
    outside.recorder?.begin(entry)
    let before = entry.container?.name ?? ""
    let inside = containers.values.filter { $0.isInside(entry) && $0.held == nil }
      .sorted { $0.depth < $1.depth }
    for inner in inside { daemons.release(inner) }
    for inner in inside {
      if let known = inner === entry ? metadata : inner.container?.metadata {
        inner.identify(by: known)
      }
      inner.keptNames = [:]
      do {
        try assign(inner)
        note(inner)
      } catch {
        logger.error("container \(inner.container?.name ?? ""): \(error)")
      }
    }
    publish()
    outside.recorder?.end(.renamed, of: entry) {
      $0.put(entry.contid)
      $0.put(metadata)
    }
    logger.notice(
      "container \(before) (\(entry.number)) is called \(entry.container?.name ?? "") now")
  }
}
