/// A container's files where runtimes usually have them.
extension MetadataSearch {
  /// What is there, as a process outside of the container sees it; nil if nothing is.
  func look(_ witness: borrowing Witness) -> PartialMetadata? {
    guard Self.isFileName(id) else { return nil }
    let user = self.user
    // A user's files are his word: they lead to nothing that is not his.
    guard let files = witness.files(ownedBy: user) else { return nil }
    switch form?.runtime {
    case .lxc:
      for directory in places.lxc {
        if let told = lxc(id, in: directory, files) { return told }
      }
      return nil
    case .nspawn:
      return machine(files)
    default:
      for bundle in bundles(user, files) {
        if let told = describe(bundle: bundle, id: id, witness, files) { return told }
      }
      let told = form?.runtime == .docker ? docker(id, in: nil, files) : PartialMetadata()
      return told.runtime != nil ? told : state(user, files)
    }
  }

  /// The uid of the user in whose session the cgroup is (systemd's `user-UID.slice`).
  private var user: UInt32? {
    for component in cgroupPath.pathNames
    where component.hasPrefix("user-") && component.hasSuffix(".slice") {
      if let uid = UInt32(component.dropFirst(5).dropLast(6)) { return uid }
    }
    return nil
  }

  private func bundles(_ user: UInt32?, _ files: borrowing StateFiles) -> [String] {
    var storage = places.storage
    if let user {
      storage = home(of: user, files).map { ["\($0)/\(places.userStorage)"] } ?? []
    }
    return storage.flatMap { ContainerStorage.bundles($0, id: id) }
      + places.containerd.flatMap { ContainerdTask.bundles($0, id: id) }
  }

  /// What crun and runc have of a container that no engine made.
  private func state(_ user: UInt32?, _ files: borrowing StateFiles) -> PartialMetadata? {
    let directories = user.map { ["/run/user/\($0)/crun", "/run/user/\($0)/runc"] } ?? places.state
    for directory in directories {
      guard let state = OCIState(directory, id: id, files: files), state.isOf(cgroup: cgroupPath)
      else { continue }
      var told = PartialMetadata()
      told.runtime = form?.runtime ?? .oci
      told.id = id
      told.name = id.isContainerHash ? nil : id
      told.created = state.created
      if let configuration = files.json(
        OCIConfiguration.self, at: state.bundle + "/config.json")
      {
        told.fill(from: configuration.metadata())
      }
      return told
    }
    return nil
  }

  private func home(of user: UInt32, _ files: borrowing StateFiles) -> String? {
    for line in files.lines(places.passwd, ownedBy: 0) {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 5, UInt32(fields[2]) == user { return String(fields[5]) }
    }
    return nil
  }

  /// systemd-machined's word of a container.
  private func machine(_ files: borrowing StateFiles) -> PartialMetadata? {
    let lines = files.lines("\(places.machines)/\(id)")
    guard !lines.isEmpty else { return nil }
    var told = PartialMetadata()
    told.runtime = .nspawn
    told.id = id
    told.name = id
    told.image = lines.first { $0.hasPrefix("ROOT=") }.map { String($0.dropFirst("ROOT=".count)) }
    return told
  }
}
