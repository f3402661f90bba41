/// Finds a container's files by what a process says of it.
struct MetadataSearch {
  /// What the cgroup's path says.
  let form: CgroupForm?
  let cgroupPath: String
  let places: MetadataPlaces
  /// What the container is called where only its cgroup tells: by its runtime, or by the last component.
  let id: String

  init(cgroupPath: String, places: MetadataPlaces) {
    self.cgroupPath = cgroupPath
    self.places = places
    form = CgroupForm(path: cgroupPath)
    id = form?.id ?? CgroupForm.withoutInner(cgroupPath).last.map { String($0) } ?? ""
  }

  /// What a process and its files tell; nil if it has nothing to do with the container.
  /// - Parameter isParent: whether it is the parent of the container's first process.
  func ask(_ witness: borrowing Witness, isParent: Bool) -> PartialMetadata? {
    guard let command = RuntimeCommand(witness.arguments()), let files = witness.files() else {
      return nil
    }
    switch command.program {
    case .oci, .conmon: return askOCI(command, witness, files)
    case .shim: return askShim(command, witness, files)
    case .lxc: return askLXC(command, files)
    case .nspawn: return askNspawn(command, witness, files, isParent: isParent)
    }
  }

  private func askOCI(
    _ command: RuntimeCommand, _ witness: borrowing Witness, _ files: borrowing StateFiles
  ) -> PartialMetadata? {
    guard let id = command.id, Self.isFileName(id) else { return nil }
    var told = PartialMetadata()
    var isOurs = id == form?.id
    if let bundle = witness.absolute(command.bundle ?? ""),
      let configuration = files.json(OCIConfiguration.self, at: bundle + "/config.json"),
      isOurs || configuration.isOf(cgroup: cgroupPath, id: id)
    {
      isOurs = true
      told.fill(from: describe(configuration, bundle: bundle, witness, files))
    }
    var named = PartialMetadata()
    named.id = id
    named.name = command.name
    named.runtime = form?.runtime ?? .podman
    if command.program == .oci {
      // An engine's container has a hash here, and a name elsewhere.
      named.name = id.isContainerHash ? nil : id
      named.runtime = form?.runtime ?? .oci
      for directory in [command.state ?? ""] + places.state where !directory.isEmpty {
        guard let place = witness.absolute(directory),
          let state = OCIState(place, id: id, files: files), state.isOf(cgroup: cgroupPath)
        else { continue }
        isOurs = true
        named.created = state.created
        break
      }
    }
    guard isOurs else { return nil }
    told.fill(from: named)
    return told
  }

  private func askShim(
    _ command: RuntimeCommand, _ witness: borrowing Witness, _ files: borrowing StateFiles
  ) -> PartialMetadata? {
    // One shim can look after all containers of a pod: its own bundle is the first one's.
    guard let own = witness.absolute(command.bundle ?? ""),
      let id = form?.id ?? command.id, Self.isFileName(id)
    else { return nil }
    let bundle = "/" + (own.pathNames.dropLast() + [id[...]]).joined(separator: "/")
    return describe(bundle: bundle, id: id, witness, files)
  }

  private func askLXC(
    _ command: RuntimeCommand, _ files: borrowing StateFiles
  ) -> PartialMetadata? {
    // Where a cgroup of that name was left over, LXC makes another one with a number behind it.
    guard let name = command.name, Self.isFileName(name), id == name || id.hasPrefix(name + "-")
    else { return nil }
    return lxc(name, in: command.directory ?? places.lxc.first ?? "", files)
  }

  private func askNspawn(
    _ command: RuntimeCommand, _ witness: borrowing Witness, _ files: borrowing StateFiles,
    isParent: Bool
  ) -> PartialMetadata? {
    // In a service the cgroup has the service's name, and the container can have another.
    guard let name = command.name, id == name || isParent && form?.runtime == .nspawn else {
      return nil
    }
    var told = PartialMetadata()
    told.runtime = .nspawn
    told.id = name
    told.name = name
    told.image = command.image
    if let bundle = command.bundle, let place = witness.absolute(bundle),
      let configuration = files.json(OCIConfiguration.self, at: place + "/config.json")
    {
      told.fill(from: configuration.metadata())
    }
    return told
  }

  /// LXC's container of a name; nil if it has no configuration there.
  func lxc(_ name: String, in directory: String, _ files: borrowing StateFiles) -> PartialMetadata?
  {
    let lines = files.lines("\(directory)/\(name)/config")
    guard !lines.isEmpty else { return nil }
    var told = LXCConfiguration(lines).metadata()
    told.runtime = .lxc
    told.id = name
    told.name = name
    return told
  }

  /// What a bundle leads to; nil if it is not there or not this container's.
  func describe(
    bundle: String, id: String, _ witness: borrowing Witness, _ files: borrowing StateFiles
  ) -> PartialMetadata? {
    guard let configuration = files.json(OCIConfiguration.self, at: bundle + "/config.json"),
      configuration.isOf(cgroup: cgroupPath, id: id)
    else { return nil }
    var told = describe(configuration, bundle: bundle, witness, files)
    told.id = told.id ?? id
    told.runtime = told.runtime ?? form?.runtime ?? .oci
    if told.name == nil, !id.isContainerHash { told.name = id }
    return told
  }

  /// Whose bundle it is shows where it is.
  private func describe(
    _ configuration: OCIConfiguration, bundle: String, _ witness: borrowing Witness,
    _ files: borrowing StateFiles
  ) -> PartialMetadata {
    var told = PartialMetadata()
    let annotated = configuration.metadata()
    // What the CRI's annotations say is what people wrote: engines below have numbers for images.
    told.image = annotated.image
    if let storage = ContainerStorage(bundle: bundle) {
      told.runtime = annotated.runtime
      told.fill(from: storage.metadata(files, isOurs: witness.isOurs))
    } else if let task = ContainerdTask(bundle: bundle) {
      told.runtime = annotated.runtime
      if task.namespace == "moby" {
        told.runtime = .docker
        let place = configuration.dockerDirectory(id: task.id)
        told.fill(from: docker(task.id, in: place, files))
      }
      told.fill(from: task.metadata(files, mounts: witness.mounts()))
      told.runtime = told.runtime ?? .containerd
    }
    told.fill(from: annotated)
    return told
  }

  /// What dockerd has of a container.
  /// - Parameter directory: the container's own; nil if nobody has told it.
  func docker(
    _ id: String, in directory: String?, _ files: borrowing StateFiles
  ) -> PartialMetadata {
    for place in [directory ?? ""] + places.docker.map({ "\($0)/containers/\(id)" })
    where !place.isEmpty {
      if let docker = files.json(DockerContainer.self, at: place + "/config.v2.json") {
        return docker.metadata()
      }
    }
    return PartialMetadata()
  }

  /// Whether a name is one in a directory, and not a way out of it.
  static func isFileName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".." && name.utf8.count < 256
      && !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
  }
}
