/// A container: a cgroup subtree that a runtime made for it, with the namespaces of its first process.
public struct Container: Sendable {
  /// The audit container identifier: the id of its root cgroup (`stat -c %i` of its directory).
  public let contid: UInt64
  /// The contid of the container around it; nil for one that stands on the host.
  public let outer: UInt64?
  /// What people call it; see `CgroupName`.
  public let name: String
  /// Its identifier in its runtime, where the cgroup's name tells; otherwise the name.
  public let runtimeID: String
  /// Path of its root cgroup from the root of the v2 hierarchy, "/a/b".
  public let cgroupPath: String
  /// Its first process, in the first PID namespace.
  public let initPID: UInt32
  /// Inode of its PID namespace.
  public let pidNamespace: UInt32
  /// Its user namespace, as extents from its ids to the kernel's.
  public let uidMap: [IDExtent]
  /// Likewise for gids.
  public let gidMap: [IDExtent]

  /// Describes a container as its birth or its first process shows it.
  public init(
    contid: UInt64, outer: UInt64?, cgroupPath: String, initPID: UInt32, pidNamespace: UInt32,
    uidMap: [IDExtent], gidMap: [IDExtent]
  ) {
    let named = CgroupName(path: cgroupPath)
    self.contid = contid
    self.outer = outer
    self.name = named.name
    self.runtimeID = named.runtimeID
    self.cgroupPath = cgroupPath
    self.initPID = initPID
    self.pidNamespace = pidNamespace
    self.uidMap = uidMap
    self.gidMap = gidMap
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
