internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Glibc
import Logging

/// The host and every container, from their birth in the ring to their end, as the kernel's tables have them. Lives on the
/// drain thread.
final class ContainerTable {
  private let capture: Capture
  private let daemons: DaemonTable
  private let hierarchy: CgroupHierarchy
  private let logger: Logger

  private var containers: [UInt64: ContainerEntry] = [:]
  /// What is in no container.
  let host = ContainerEntry(container: nil, outer: nil, view: .host, instance: 0)
  /// Of the container that comes next.
  private var nextInstance: UInt32 = 1

  /// Called with its contid before a container ends, while its daemons can still be told of something.
  var beforeEnd: (UInt64) -> Void = { _ in }

  init(capture: Capture, daemons: DaemonTable, hierarchy: CgroupHierarchy, logger: Logger) {
    self.capture = capture
    self.daemons = daemons
    self.hierarchy = hierarchy
    self.logger = logger
  }

  /// The host first, then every container.
  var entries: [ContainerEntry] {
    [host] + containers.values.sorted { $0.contid < $1.contid }
  }

  /// The container with this contid, the host for 0, nil for one that is gone.
  func entry(_ contid: UInt64) -> ContainerEntry? { contid == 0 ? host : containers[contid] }

  /// Gives the host its daemons.
  func startHost() throws {
    try daemons.assign(to: host)
    daemons.publish()
  }

  /// Takes up a container that runs already.
  func adopt(_ container: Container) {
    guard containers[container.contid] == nil else { return }
    var cgroups: Set<UInt64> = [container.contid]
    for path in hierarchy.descendants(of: container.cgroupPath) {
      if let id = hierarchy.id(of: path) { cgroups.insert(id) }
    }
    begin(container, cgroups: cgroups)
  }

  /// Gives every container its daemons anew, after a reload.
  func reassign() throws {
    try daemons.assign(to: host)
    for entry in entries.dropFirst() { try assign(entry) }
    daemons.publish()
  }

  /// Gives one entry its daemons anew; to be followed by `publish`.
  func reassign(_ entry: ContainerEntry) throws {
    if entry.container == nil { try daemons.assign(to: host) } else { try assign(entry) }
  }

  /// Makes what was assigned hold for every task.
  func publish() { daemons.publish() }

  /// A container's birth.
  func handle(_ event: ContainerEvent, _ header: event_header) {
    guard containers[header.cgroup] == nil else { return }
    let fixed = event.fixed
    func extents(_ kind: section_kind) -> [IDExtent] {
      event.extents(kind).map { IDExtent(first: $0.first, lower: $0.lower, count: $0.count) }
    }
    begin(
      Container(
        contid: header.cgroup, outer: header.contid == 0 ? nil : header.contid,
        cgroupPath: event.cgroupPath, initPID: fixed.`init`, pidNamespace: fixed.pidns,
        uidMap: extents(SECTION_UID_MAP), gidMap: extents(SECTION_GID_MAP)),
      cgroups: [header.cgroup])
  }

  private func begin(_ container: Container, cgroups: Set<UInt64>) {
    let entry = ContainerEntry(
      container: container, outer: container.outer.flatMap { containers[$0] },
      view: NamespaceView(
        pidns: container.pidNamespace,
        uidMap: container.uidMap.map(event_id_extent.init),
        gidMap: container.gidMap.map(event_id_extent.init)),
      instance: nextInstance)
    nextInstance &+= 1
    entry.cgroups = cgroups
    containers[container.contid] = entry
    do {
      try capture.views.set(container.contid, policy_view(container))
      try assign(entry)
      daemons.publish()
    } catch {
      logger.error("container \(container.name): \(error)")
    }
  }

  private func assign(_ entry: ContainerEntry) throws {
    try daemons.assign(to: entry)
    for cgroup in entry.cgroups { try setPolicy(of: entry, cgroup: cgroup) }
  }

  private func setPolicy(of entry: ContainerEntry, cgroup: UInt64) throws {
    try capture.cgroups.set(
      cgroup,
      policy_cgroup(
        contid: entry.contid, outer: entry.outer?.contid ?? 0, policy: entry.policy, unsaid: 0))
  }

  /// Ends the containers whose cgroup is gone: a full ring may have refused to say so.
  func endMissing() {
    for entry in entries.dropFirst() {
      guard let container = entry.container, hierarchy.id(of: container.cgroupPath) != entry.contid
      else { continue }
      capture.cgroups.remove(entry.contid)
      end(entry)
    }
  }

  private func end(_ entry: ContainerEntry) {
    beforeEnd(entry.contid)
    containers[entry.contid] = nil
    daemons.release(entry)
    capture.views.remove(entry.contid)
  }

  /// A cgroup that was made or removed.
  func handle(_ event: CgroupEvent) {
    let fixed = event.fixed
    switch UInt32(fixed.op) {
    case CGROUP_MKDIR.rawValue:
      guard let entry = containers[fixed.header.contid] else { return }
      entry.cgroups.insert(fixed.cgroup)
      // It inherited the policy of a moment ago.
      try? setPolicy(of: entry, cgroup: fixed.cgroup)
    case CGROUP_RMDIR.rawValue:
      containers[fixed.header.contid]?.cgroups.remove(fixed.cgroup)
      capture.cgroups.remove(fixed.cgroup)
      if let entry = containers[fixed.cgroup] { end(entry) }
    default:
      break
    }
  }
}

extension policy_view {
  /// A map that is too long to be told is left to the collector.
  fileprivate init(_ container: Container) {
    self.init()
    pidns = container.pidNamespace
    uid_extents = UInt32(container.uidMap.count)
    gid_extents = UInt32(container.gidMap.count)
    Self.store(container.uidMap, in: &uid)
    Self.store(container.gidMap, in: &gid)
  }

  private static func store<Extents>(_ map: [IDExtent], in extents: inout Extents) {
    withUnsafeMutableBytes(of: &extents) { bytes in
      for (index, extent) in map.prefix(Int(POLICY_EXTENTS_MAX)).enumerated() {
        bytes.storeBytes(
          of: policy_extent(first: extent.first, lower: extent.lower, count: extent.count),
          toByteOffset: index * MemoryLayout<policy_extent>.stride, as: policy_extent.self)
      }
    }
  }
}

extension event_id_extent {
  fileprivate init(_ extent: IDExtent) {
    self.init(first: extent.first, lower: extent.lower, count: extent.count)
  }
}
