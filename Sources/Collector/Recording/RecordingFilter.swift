/// To which containers a recording is limited: those of these names, or of these contids, with all that is in them.
final class RecordingFilter {
  private let names: Set<String>
  private let containers: ContainerTable

  init(names: [String], of containers: ContainerTable) {
    self.names = Set(names)
    self.containers = containers
  }

  /// Whether a container, or one around it, is among them; the host is by its name.
  func includes(_ entry: ContainerEntry) -> Bool {
    if entry.container == nil { return names.contains("host") }
    var place: ContainerEntry? = entry
    while let current = place {
      if isNamed(current) { return true }
      place = current.outer
    }
    return false
  }

  /// Likewise by its contid, 0 being the host.
  func includes(contid: UInt64) -> Bool {
    containers.entry(contid).map { $0.held != nil || includes($0) } ?? false
  }

  /// Whether some container in it is among them.
  func isAroundIncluded(_ entry: ContainerEntry) -> Bool {
    containers.containers.values.contains { $0.isInside(entry) && includes($0) }
  }

  /// The names that no container has now.
  var unknown: [String] {
    names.filter { name in
      name != "host"
        && !containers.containers.values.contains {
          $0.container?.name == name || String($0.number) == name
        }
    }.sorted()
  }

  private func isNamed(_ entry: ContainerEntry) -> Bool {
    guard let container = entry.container else { return false }
    return names.contains(container.name) || names.contains(String(container.number))
  }
}
