public import CNestaudit

/// cgroup id to container and policy. BPF makes a cgroup a container at once; what the collector goes by may be of before.
public struct CgroupTable: @unchecked Sendable {
  private let rows: KernelTable<UInt64, policy_cgroup>
  /// Rows of the containers that began with a PID namespace's first process, as BPF made them.
  private let births: KernelTable<UInt64, policy_cgroup>

  init(of programs: ProgramSet) {
    rows = .init(of: programs, name: "cgroups")
    births = .init(of: programs, name: "births")
  }

  /// Of no kernel.
  init(detached name: StaticString) {
    rows = .init(detached: name)
    births = .init(detached: name)
  }

  /// Says whose a cgroup is. What would take it from a container that has begun in it is not said: that the container
  /// has begun is still in the ring. To be called before the tables are published, so that no task goes by it too early.
  public func set(_ cgroup: UInt64, _ row: policy_cgroup) throws(CaptureError) {
    if row.contid == cgroup, row.fresh != CGROUP_SHARED.rawValue {
      return try rows.set(cgroup, row)
    }
    if births.value(cgroup) != nil { return }
    try rows.set(cgroup, row)
    // It may have begun just now.
    if let birth = births.value(cgroup) { try rows.set(cgroup, birth) }
  }

  /// Forgets that a container has begun in a cgroup: it is to be none.
  public func forgetBirth(in cgroup: UInt64) { births.remove(cgroup) }

  /// Removes a cgroup that is gone.
  public func remove(_ cgroup: UInt64) {
    rows.remove(cgroup)
    births.remove(cgroup)
  }

  /// What is said of a cgroup, or nil.
  public func value(_ cgroup: UInt64) -> policy_cgroup? { rows.value(cgroup) }

  /// Whether a container has begun in a cgroup with a PID namespace of its own.
  public func hasBirth(in cgroup: UInt64) -> Bool { births.value(cgroup) != nil }

  /// Every cgroup, in no order; one that comes or goes meanwhile may be missed.
  public func entries() -> [(key: UInt64, value: policy_cgroup)] { rows.entries() }

  /// How many cgroups there are.
  public var count: Int { rows.count }

  /// How many of them have become containers by themselves.
  public var birthCount: Int { births.count }
}
