internal import AuditRecords
import CNestaudit
internal import Containers
internal import Recording

/// What has become of containers while it was recorded. Replay does the same at the same place among the events, whatever a daemon of its
/// configuration makes of it.
extension ContainerTable {
  /// More containers than the kernel's table has room for there cannot be.
  private static let most = Int(POLICY_CGROUPS_MAX)

  /// A container begins, or was there.
  func replayContainer(_ fields: inout FieldReader) throws(RecordingError) {
    let recorded = try RecordedContainer(&fields)
    let contid = recorded.container.contid
    let outer = recorded.outer.flatMap { containers[$0] }
    guard containers[contid] == nil, containers.count < Self.most,
      (outer == nil) == (recorded.outer == nil), (outer?.depth ?? 0) < Int(EVENT_PIDNS_LEVELS)
    else { throw fields.damaged("a container in none") }
    let entry = add(
      recorded.container, in: outer, cgroups: Set(recorded.cgroups), at: recorded.born)
    for cgroup in recorded.cgroups { members[cgroup] = entry }
    if recorded.state == .held {
      entry.held = HeldEvents()
      return
    }
    entry.identify(
      by: recorded.metadata ?? Classifier.known(of: recorded.container.cgroupPath))
    replayAssign(entry)
    if recorded.state == .declared { daemons.tell(.set, of: entry, at: entry.born) }
  }

  /// Whose a cgroup is.
  func replayMember(_ fields: inout FieldReader) throws(RecordingError) {
    let cgroup: UInt64 = try fields.number()
    let isSomebodys = try fields.flag()
    let contid: UInt64 = try fields.number()
    last = nil
    members.removeValue(forKey: cgroup)?.cgroups.remove(cgroup)
    guard isSomebodys else { return }
    guard let entry = entry(contid), members.count < 4 * Self.most else {
      throw fields.damaged("a cgroup of no container")
    }
    members[cgroup] = entry
    if entry.container != nil { entry.cgroups.insert(cgroup) }
  }

  /// A container is known.
  func replaySettled(_ fields: inout FieldReader) throws(RecordingError) {
    let entry = try replayed(&fields)
    let metadata = try fields.metadata()
    guard let held = entry.held else { throw fields.damaged("a container is known twice") }
    take(entry, held, by: metadata)
  }

  func replayWithdrawn(_ fields: inout FieldReader) throws(RecordingError) {
    let entry = try replayed(&fields)
    guard let held = entry.held, entry.outer?.held.map({ _ in false }) ?? true else {
      throw fields.damaged("a container that was none")
    }
    withdraw(entry, held)
  }

  func replayRenamed(_ fields: inout FieldReader) throws(RecordingError) {
    let entry = try replayed(&fields)
    let metadata = try fields.metadata()
    guard entry.held == nil else { throw fields.damaged("the new name of a container") }
    rename(entry, by: metadata)
  }

  /// - Returns: its contid.
  func replayEnded(
    _ fields: inout FieldReader, _ replayed: Replayed
  ) throws(RecordingError) -> UInt64 {
    let entry = try self.replayed(&fields)
    let time = try fields.time()
    // What is in it has ended before.
    guard entry.held == nil, !containers.values.contains(where: { $0.outer === entry }) else {
      throw fields.damaged("the end of a container that goes on")
    }
    replayed.now = time
    end(entry, at: time)
    return entry.contid
  }

  private func replayed(
    _ fields: inout FieldReader
  ) throws(RecordingError) -> ContainerEntry {
    let contid: UInt64 = try fields.number()
    guard let entry = containers[contid] else {
      throw fields.damaged("a container that is not there")
    }
    return entry
  }

  private func replayAssign(_ entry: ContainerEntry) {
    do {
      try assign(entry)
    } catch {
      logger.error("container \(entry.container?.name ?? ""): \(error)")
    }
  }
}
