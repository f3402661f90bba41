/// A container: a cgroup subtree that a runtime made for it, with the namespaces of its first process.
public struct Container: Sendable {
  /// The audit container identifier: the id of its root cgroup (`stat -c %i` of its directory).
  public let contid: UInt64
  /// The contid of the container around it; nil for one that stands on the host.
  public let outer: UInt64?
  /// What people call it, behind the name of the container around it and a slash where there is one: a container cannot
  /// give what it holds the name of another.
  public private(set) var name: String
  /// Its identifier in its runtime, where the cgroup's name or the disk tells; otherwise the name.
  public private(set) var runtimeID: String
  /// What its runtime has on disk of it; nil while that is not known.
  public private(set) var metadata: ContainerMetadata?
  /// Path of its root cgroup from the root of the v2 hierarchy, "/a/b".
  public let cgroupPath: String
  /// Numbers of its first process in each PID namespace that it is in, the host's first; never empty.
  public let pids: [UInt32]
  /// Inode of its PID namespace; 0 for the first one.
  public let pidNamespace: UInt32
  /// Its PID namespace has a first process that is another's.
  public let isShared: Bool
  /// Its user namespace, as extents from its ids to the kernel's.
  public let uidMap: [IDExtent]
  /// Likewise for gids.
  public let gidMap: [IDExtent]

  /// Describes a container as its birth or its first process shows it.
  public init(
    contid: UInt64, outer: UInt64?, cgroupPath: String, pids: [UInt32], pidNamespace: UInt32,
    isShared: Bool = false, uidMap: [IDExtent], gidMap: [IDExtent]
  ) {
    let named = CgroupName(path: cgroupPath)
    self.contid = contid
    self.outer = outer
    self.name = named.name
    self.runtimeID = named.runtimeID
    self.cgroupPath = cgroupPath
    self.pids = pids.isEmpty ? [0] : pids
    self.pidNamespace = pidNamespace
    self.isShared = isShared
    self.uidMap = uidMap
    self.gidMap = gidMap
  }

  /// Its first process, in the first PID namespace.
  public var initPID: UInt32 { pids[0] }

  /// Its first process as `viewer`, a container around it or itself, sees it; 0 where it has no number.
  public func firstProcess(in viewer: Container) -> UInt32 {
    let level = viewer.pids.count - 1
    return level < pids.count ? pids[level] : 0
  }

  /// The same with what its runtime has of it.
  /// - Parameter around: name of the container around it; nil for one that stands on the host.
  public func identified(by metadata: ContainerMetadata, around: String?) -> Container {
    var container = self
    let own = metadata.name ?? CgroupName(path: cgroupPath).name
    container.name = around.map { "\($0)/\(own)" } ?? own
    container.runtimeID = metadata.id
    container.metadata = metadata
    return container
  }
}

/// One line of a user namespace's map: `count` ids from `first` on are the kernel's from `lower` on.
public struct IDExtent: Sendable, Equatable {
  /// The first id inside.
  public let first: UInt32
  /// What it is on the host.
  public let lower: UInt32
  /// How many ids, 1 or more.
  public let count: UInt32

  /// Maps `count` ids from `first` on.
  public init(first: UInt32, lower: UInt32, count: UInt32) {
    self.first = first
    self.lower = lower
    self.count = count
  }
}
