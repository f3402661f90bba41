/// A container: a cgroup subtree that a runtime made for it, with the namespaces of its first process.
public struct Container: Sendable, Codable {
  /// By which the collector and BPF know it: the id of its root cgroup (`stat -c %i` of its directory), or of a declared
  /// one a number of its own (bpf/policy.h, CONTID_DECLARED).
  public let contid: UInt64
  /// The audit container identifier, as records, rules and people have it: what was declared, otherwise the id of its root
  /// cgroup.
  public private(set) var number: UInt64
  /// The contid of the container around it; nil for one that stands on the host.
  public let outer: UInt64?
  /// What people call it, behind the name of the container around it and a slash where there is one: a container cannot
  /// give what it holds the name of another.
  public private(set) var name: String
  /// Its identifier in its runtime, where the cgroup's name or the disk tells; otherwise the name.
  public private(set) var runtimeID: String
  /// What its runtime has on disk of it; nil while that is not known.
  public private(set) var metadata: ContainerMetadata?
  /// Path of its root cgroup from the root of the v2 hierarchy, "/a/b"; of a declared one the cgroup where its first
  /// process was.
  public let cgroupPath: String
  /// The same; nil for a declared one, as long as that cgroup is not its own.
  public private(set) var ownCgroup: String?
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
    number = contid
    self.outer = outer
    ownCgroup = cgroupPath
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

  /// The same as one that is declared.
  /// - Parameters:
  ///   - contid: by which it is known here.
  ///   - number: what was declared.
  ///   - outer: contid of the container around it; nil for one that stands on the host.
  public func declared(as contid: UInt64, number: UInt64, in outer: UInt64?) -> Container {
    var container = Container(
      contid: contid, outer: outer, cgroupPath: cgroupPath, pids: pids, pidNamespace: pidNamespace,
      uidMap: uidMap, gidMap: gidMap)
    container.number = number
    container.ownCgroup = nil
    return container
  }

  /// The same in another one, nil being the host.
  public func placed(in outer: UInt64?) -> Container {
    Container(
      contid: contid, outer: outer, cgroupPath: cgroupPath, pids: pids, pidNamespace: pidNamespace,
      isShared: isShared, uidMap: uidMap, gidMap: gidMap)
  }

  /// The same with this cgroup as its own.
  public func standing(in cgroup: String) -> Container {
    var container = self
    container.ownCgroup = cgroup
    return container
  }

  /// The same with another number for people, where its own is taken.
  public func numbered(_ number: UInt64) -> Container {
    var container = self
    container.number = number
    return container
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
public struct IDExtent: Sendable, Equatable, Codable {
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
