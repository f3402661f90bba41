import CNestaudit
internal import AuditRecords
internal import Containers

extension NamespaceView {
  /// What a container's own daemons see.
  convenience init(_ container: Container) {
    self.init(
      pidns: container.pidNamespace, uidMap: container.uidMap.map(event_id_extent.init),
      gidMap: container.gidMap.map(event_id_extent.init))
  }
}

extension policy_view {
  /// A map that is too long to be told is left to the collector.
  init(_ container: Container) {
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
