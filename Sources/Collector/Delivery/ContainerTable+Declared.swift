internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers

/// What an orchestrator has said of a container: `nestaudit contid set`.
struct Declaration {
  /// The orchestrator's process.
  let owner: ProcessIdentity
  /// Who has said it for the orchestrator, and from where.
  let asker: Asker

  /// Whether a process is the one that has declared it.
  func isOwned(by process: ProcessIdentity) -> Bool {
    process.pid == owner.pid && process.began != nil && process.began == owner.began
  }
}

/// Containers that begin with a process, whatever cgroup it is in, and end with the last one that comes from it.
extension ContainerTable {
  /// The declared container that a process is in; nil for none.
  func declared(of process: ProcessIdentity) -> ContainerEntry? {
    guard capture.declarations.isUsed, process.began != nil,
      let handle = ProcessHandle(process.pid),
      ProcessIdentity(of: process.pid).began == process.began
    else { return nil }
    return capture.declarations.contid(of: handle.descriptor).flatMap { containers[$0] }
  }

  /// Declares a process that is held: it and all that it makes are a container from here on.
  /// - Parameters:
  ///   - number: the audit container identifier, which no container has.
  ///   - outer: where the process is; nil for the host.
  func declare(
    _ number: UInt64, of process: ProcessHandle, in outer: ContainerEntry?,
    by declaration: Declaration
  ) throws(ControlRefusal) {
    if let refusal = limits.refusal(of: outer) { throw refusal }
    guard let found = RunningContainers.beginning(with: process.pid, in: hierarchy) else {
      throw ControlRefusal.gone
    }
    let entry = add(
      found.declared(as: freeContid(), number: number, in: outer?.contid), in: outer, cgroups: [],
      at: .now, declaration: declaration)
    entry.cgroups = [entry.contid]
    let name = "contid-\(number)"
    entry.identify(by: ContainerMetadata(runtime: .declared, id: name, name: name))
    outside.recorder?.begin(entry)
    do {
      try capture.views.set(entry.contid, policy_view(entry.container!))
      try capture.declarations.begin(entry.contid)
      try assign(entry)
      try join(process, to: entry)
    } catch {
      // It has not begun after all.
      drop(entry)
      outside.recorder?.end(.container, of: entry, nil)
      throw error as? ControlRefusal ?? ControlRefusal("\(error)")
    }
    note(entry)
    daemons.tell(.set, of: entry, at: entry.born)
    outside.recorder?.end(.container, of: entry) {
      RecordedContainer(entry, .declared)?.write(to: &$0)
    }
  }

  /// Puts another process into a declared container.
  func join(_ process: ProcessHandle, to entry: ContainerEntry) throws(ControlRefusal) {
    let before: UInt64?
    do {
      before = try capture.declarations.declare(entry.contid, of: process.descriptor)
    } catch {
      throw process.isAlive ? ControlRefusal("\(error)") : ControlRefusal.gone
    }
    // Looked at once more: what it has made meanwhile is outside.
    let refusal =
      process.isEnding
      ? ControlRefusal.gone
      : process.hasChildren || process.hasThreads ? ControlRefusal.busy(process.pid) : nil
    if let refusal {
      capture.declarations.takeBack(entry.contid, of: process.descriptor, before: before)
      throw refusal
    }
    publish()
  }

  /// A declared container ends with its last task, and its last cgroup if it has some.
  func endIfEmpty(_ entry: ContainerEntry, at time: EventTime) {
    if containers[entry.contid] === entry, isEmpty(entry) { end(entry, at: time) }
  }

  /// Whether it is a declared one of which nothing is left.
  func isEmpty(_ entry: ContainerEntry) -> Bool {
    entry.isDeclared && entry.cgroups.count <= 1 && capture.declarations.count(entry.contid) == 0
  }

  /// A full ring may have refused to say that the cgroup of a declared container is gone.
  func tidy(_ entry: ContainerEntry) {
    guard let cgroup = entry.container?.ownCgroup, hierarchy.id(of: cgroup) == nil else { return }
    last = nil
    for gone in entry.cgroups where gone != entry.contid {
      members[gone] = nil
      outside.recorder?.member(gone, of: nil)
      note(gone, in: nil)
    }
    entry.cgroups = [entry.contid]
    note(entry)
  }

  private func freeContid() -> UInt64 {
    repeat {
      defer { nextDeclared &+= 1 }
      let contid = CONTID_DECLARED | UInt64(nextDeclared)
      if nextDeclared != 0, containers[contid] == nil { return contid }
    } while true
  }
}
