internal import AuditRecords
internal import AuditRules
internal import Containers
internal import Recording

/// How what the pipeline has learned is written down, and read again.

/// A container as it is recorded: all but what its runtime has on disk, which is known later.
struct RecordedContainer {
  /// What is known of it when the entry is written.
  enum State: UInt8 {
    /// Its events are held.
    case held
    /// It has its daemons, and they know of it.
    case known
    /// It has been declared just now.
    case declared
  }

  let state: State
  let container: Container
  let outer: UInt64?
  let cgroups: [UInt64]
  let born: EventTime
  let metadata: ContainerMetadata?

  /// nil for the host.
  init?(_ entry: ContainerEntry, _ state: State) {
    guard let container = entry.container else { return nil }
    self.state = state
    self.container = container
    outer = entry.outer?.contid
    cgroups = entry.cgroups.sorted()
    born = entry.born
    metadata = container.metadata
  }

  func write(to fields: inout FieldWriter) {
    fields.put(state.rawValue)
    fields.put(container.contid)
    fields.put(container.number)
    fields.put(outer ?? 0)
    fields.put(container.cgroupPath)
    fields.put(container.ownCgroup)
    fields.put(list: container.pids) { $0.put($1) }
    fields.put(container.pidNamespace)
    fields.put(container.isShared)
    for map in [container.uidMap, container.gidMap] {
      fields.put(list: map) {
        $0.put($1.first)
        $0.put($1.lower)
        $0.put($1.count)
      }
    }
    fields.put(list: cgroups) { $0.put($1) }
    fields.put(born)
    fields.put(metadata != nil)
    if let metadata { fields.put(metadata) }
  }

  init(_ fields: inout FieldReader) throws(RecordingError) {
    guard let state = State(rawValue: try fields.number()) else {
      throw fields.damaged("a container's state")
    }
    self.state = state
    let contid: UInt64 = try fields.number()
    let number: UInt64 = try fields.number()
    let outer: UInt64 = try fields.number()
    self.outer = outer == 0 ? nil : outer
    let path = try fields.text()
    let own = try fields.optionalText()
    let pids = try fields.list { field throws(RecordingError) in try field.number(UInt32.self) }
    let pidNamespace: UInt32 = try fields.number()
    let isShared = try fields.flag()
    let uidMap = try fields.list(Self.extent)
    let gidMap = try fields.list(Self.extent)
    var container = Container(
      contid: contid, outer: self.outer, cgroupPath: path, pids: pids, pidNamespace: pidNamespace,
      isShared: isShared, uidMap: uidMap, gidMap: gidMap)
    if number != contid || own == nil {
      container =
        own == nil
        ? container.declared(as: contid, number: number, in: self.outer)
        : container.numbered(number).standing(in: own!)
    }
    self.container = container
    cgroups = try fields.list { field throws(RecordingError) in try field.number(UInt64.self) }
    born = try fields.time()
    metadata = try fields.flag() ? try fields.metadata() : nil
    guard contid != 0, path.hasPrefix("/"), pids.count <= 64,
      max(uidMap.count, gidMap.count) <= 1024
    else { throw fields.damaged("a container") }
  }

  private static func extent(_ fields: inout FieldReader) throws(RecordingError) -> IDExtent {
    IDExtent(
      first: try fields.number(), lower: try fields.number(), count: try fields.number())
  }
}

extension FieldWriter {
  mutating func put(_ time: EventTime) {
    put(time.seconds)
    put(UInt16(time.milliseconds))
  }

  mutating func put(_ metadata: ContainerMetadata) {
    put(metadata.runtime.rawValue)
    put(metadata.id)
    for text in [
      metadata.name, metadata.image, metadata.pod, metadata.podNamespace, metadata.created,
    ] { put(text) }
    put(list: metadata.labels.sorted { $0.key < $1.key }) {
      $0.put($1.key)
      $0.put($1.value)
    }
  }

  mutating func put(_ file: CapabilityFile, _ found: FileCapabilities?) {
    put(file.dev)
    put(file.ino)
    put(file.ctime)
    put(found != nil)
    guard let found else { return }
    put(found.permitted)
    put(found.inheritable)
    put(found.isEffective)
    put(found.version)
    put(found.rootID)
  }

  mutating func put(_ file: ElfInterpreter.File, _ name: [UInt8]) {
    put(file.dev)
    put(file.ino)
    put(file.ctime)
    put(bytes: name)
  }

  mutating func put(_ contid: UInt64, _ path: WatchPath, _ object: WatchObject) {
    put(contid)
    put(path.path)
    put(path.below)
    put(path.follows)
    put(object.dev)
    put(object.ino)
    put(object.isDirectory)
    put(object.isLost)
    put(object.directoryDev)
    put(object.directory)
    put(object.name)
    put(list: object.mounts) {
      $0.put($1.dev)
      $0.put($1.ino)
    }
  }
}

extension FieldReader {
  mutating func time() throws(RecordingError) -> EventTime {
    let seconds: Int64 = try number()
    let milliseconds: UInt16 = try number()
    guard milliseconds < 1000, RecordingHeader.times.contains(seconds) else {
      throw damaged("a time")
    }
    return EventTime(nanoseconds: 1_000_000_000 * seconds + 1_000_000 * Int64(milliseconds))
  }

  mutating func metadata() throws(RecordingError) -> ContainerMetadata {
    guard let runtime = Runtime(rawValue: try text()) else { throw damaged("a runtime") }
    var metadata = ContainerMetadata(runtime: runtime, id: try text())
    metadata.name = try optionalText()
    metadata.image = try optionalText()
    metadata.pod = try optionalText()
    metadata.podNamespace = try optionalText()
    metadata.created = try optionalText()
    for (key, value) in try list({ (field) throws(RecordingError) in
      (try field.text(), try field.text())
    }) {
      metadata.labels[key] = value
    }
    // It becomes the name of a directory.
    if let name = metadata.name, SafeName.make(name) != name { throw damaged("a container's name") }
    return metadata
  }

  mutating func capabilities() throws(RecordingError) -> (CapabilityFile, FileCapabilities?) {
    let file = CapabilityFile(
      dev: try number(), ino: try number(), ctime: try number())
    guard try flag() else { return (file, nil) }
    return (
      file,
      FileCapabilities(
        permitted: try number(), inheritable: try number(), isEffective: try flag(),
        version: try number(), rootID: try number())
    )
  }

  mutating func loader() throws(RecordingError) -> (ElfInterpreter.File, [UInt8]) {
    let file = ElfInterpreter.File(dev: try number(), ino: try number(), ctime: try number())
    let name = Array(try data())
    guard name.count <= 4096 else { throw damaged("a loader's name") }
    return (file, name)
  }

  mutating func watch() throws(RecordingError) -> (contid: UInt64, WatchPath, RecordedWatch) {
    let contid: UInt64 = try number()
    let path = WatchPath(path: try text(), below: try flag(), follows: try flag())
    var object = WatchObject(dev: try number(), ino: try number())
    object.isDirectory = try flag()
    object.isLost = try flag()
    object.directoryDev = try number()
    object.directory = try number()
    object.name = try number()
    let mounts = try list { field throws(RecordingError) in
      WatchObject.MountRoot(dev: try field.number(), ino: try field.number())
    }
    return (contid, path, RecordedWatch(object: object, mounts: mounts))
  }
}

/// Where a path of a rule has led.
struct RecordedWatch {
  /// But for what is mounted below it.
  let object: WatchObject
  let mounts: [WatchObject.MountRoot]
}
