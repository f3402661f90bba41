internal import AuditRules
internal import Containers
import CNestaudit
internal import Capture
import Glibc

/// Where the paths of one ruleset lead in the root of one daemon's container. Lives on the drain thread.
final class WatchSet {
  /// In the order of the ruleset's `watchPaths`, whose places they have.
  let paths: [WatchPath]
  /// Whose root: `ContainerEntry.instance`.
  let instance: UInt32
  /// Of the ruleset in the kernel.
  let version: UInt32
  /// In whose root the paths are looked up.
  let root: WatchRoot
  /// The keys that stand for the paths in the kernel now, each with the numbers of its paths.
  private(set) var keys: [WatchKey: [UInt16]] = [:]
  /// How many routes go by it.
  var uses = 0
  /// Something has changed on the way to a path.
  var isStale = false
  /// Not to be looked up again before this time (CLOCK_MONOTONIC, nanoseconds).
  var notBefore: Int64 = 0

  /// Of what is mounted below one path more are not followed.
  private static let mostMounts = 1024

  private let objects: UnsafeMutablePointer<WatchObject>

  init(paths: [WatchPath], instance: UInt32, version: UInt32, root: WatchRoot) {
    self.paths = paths
    self.instance = instance
    self.version = version
    self.root = root
    objects = .allocate(capacity: max(paths.count, 1))
    var unknown = WatchObject()
    unknown.isLost = true
    objects.initialize(repeating: unknown, count: paths.count)
  }

  deinit {
    for number in paths.indices { objects[number].freeMounts() }
    objects.deallocate()
  }

  /// What `CompiledRuleset.decide` is given.
  var pointer: UnsafePointer<WatchObject> { UnsafePointer(objects) }

  /// Looks every path up anew. Where the root cannot be entered any more all stays as it was.
  /// - Returns: the directories on the way, nil if nothing was looked up.
  func resolve(_ identifier: FileIdentifier) -> WalkedDirectories? {
    guard let opened = ContainerRoot(ofProcess: root.process, in: root.cgroup) else { return nil }
    var walk = PathWalk(root: opened, identifier: identifier)
    let mounts = paths.contains(where: \.below) ? MountPoints(ofProcess: root.process) : nil
    keys = [:]
    for (number, path) in paths.enumerated() {
      var (object, real) = walk.resolve(path)
      if path.below, object.isDirectory, let mounts {
        let roots = mounts.below(real, limit: Self.mostMounts).compactMap {
          walk.identity(at: $0)
        }
        object.mounts = WatchObject.mounts(roots.map { .init(dev: $0.dev, ino: $0.ino) })
      }
      objects[number].freeMounts()
      objects[number] = object
      add(object, number: number, below: path.below)
    }
    return walk.directories
  }

  /// Goes by where a recording says that the paths have led; of others nobody could look.
  func resolve(by replayed: Replayed) {
    for (number, path) in paths.enumerated() {
      objects[number].freeMounts()
      guard let recorded = replayed.watch(path, of: root.contid) else {
        objects[number] = WatchObject()
        objects[number].isLost = true
        continue
      }
      objects[number] = recorded.object
      objects[number].mounts = WatchObject.mounts(recorded.mounts)
    }
  }

  private func add(_ object: WatchObject, number: Int, below: Bool) {
    let entry = UInt16(number) | (below ? UInt16(WATCH_BELOW) : 0)
    func add(_ key: WatchKey) {
      if keys[key]?.contains(entry) != true { keys[key, default: []].append(entry) }
    }
    if object.ino != 0 { add(WatchKey(ino: object.ino, dev: object.dev, name: 0)) }
    for mount in object.mounts { add(WatchKey(ino: mount.ino, dev: mount.dev, name: 0)) }
    if object.directory != 0 {
      add(WatchKey(ino: object.directory, dev: object.directoryDev, name: object.name))
    }
  }
}

extension WatchObject {
  /// Memory for `mounts`, freed by `freeMounts()`.
  fileprivate static func mounts(_ roots: [MountRoot]) -> UnsafeBufferPointer<MountRoot> {
    guard !roots.isEmpty else { return UnsafeBufferPointer(start: nil, count: 0) }
    let copy = UnsafeMutableBufferPointer<MountRoot>.allocate(capacity: roots.count)
    _ = copy.initialize(from: roots)
    return UnsafeBufferPointer(copy)
  }

  fileprivate mutating func freeMounts() {
    mounts.deallocate()
    mounts = UnsafeBufferPointer(start: nil, count: 0)
  }
}

/// The root that paths are looked up in.
struct WatchRoot {
  /// A process in it.
  let process: UInt32
  /// The cgroup of its container; nil for the host.
  let cgroup: String?
  /// Its contid; 0 for the host.
  let contid: UInt64
}

/// A file, or a name in a directory.
struct WatchKey: Hashable {
  let ino: UInt64
  let dev: UInt32
  /// 0: the file itself.
  let name: UInt64

  /// What of the file or directory it is.
  var flag: UInt32 { name == 0 ? WATCHED_FILE.rawValue : WATCHED_NAMES.rawValue }
}
