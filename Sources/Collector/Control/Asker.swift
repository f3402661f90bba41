internal import AuditRecords
internal import Containers

/// Who asks for something, and from which container. Lives on the drain thread.
struct Asker {
  let sender: SignalSource.Sender
  /// The innermost container that it is in; the host's entry if it is in none.
  let entry: ContainerEntry

  private var process: ProcessIdentity { sender.process }

  /// As a daemon's own records show it: in the daemon's view, with the containers that the view has around it.
  func seen(by daemon: Daemon) -> DaemonRecord.Asker {
    guard let route = entry.routes.first(where: { $0.daemon === daemon }) else {
      // It is outside of what the daemon stands for: a number or a label would be another's.
      return DaemonRecord.Asker(
        auid: daemon.view.uid(process.auid), uid: daemon.view.uid(sender.uid),
        session: process.session, pid: 0)
    }
    let view = route.view
    return DaemonRecord.Asker(
      auid: view.uid(process.auid), uid: view.uid(sender.uid), session: process.session,
      pid: view.pidns == 0 ? process.pid : process.pid(in: view.pidns) ?? 0,
      label: process.label, chain: ContainerEntry.chain(Array(route.contids.values)))
  }
}

extension ContainerTable {
  /// Where somebody stands who asks for something.
  func asker(_ sender: SignalSource.Sender) -> Asker {
    Asker(sender: sender, entry: innermost(of: sender.process) ?? host)
  }

  /// The innermost container that a process is in; nil if it is in none.
  func innermost(of process: ProcessIdentity) -> ContainerEntry? {
    let around = innermost(around: process.cgroup)
    guard let declared = declared(of: process), around?.isInside(declared) != true else {
      return around
    }
    return declared
  }

  /// The innermost container whose root cgroup is this one or above it; nil if there is none.
  func innermost(around cgroup: String?) -> ContainerEntry? {
    guard let cgroup else { return nil }
    var found: (length: Int, entry: ContainerEntry)?
    // By contid: of two with one path the younger one is there.
    for entry in entries {
      guard let root = entry.container?.ownCgroup,
        cgroup.isPath(in: root), root.utf8.count >= found?.length ?? 0
      else { continue }
      found = (root.utf8.count, entry)
    }
    return found?.entry
  }
}

extension NamespaceView {
  /// What a daemon for several containers sees of whoever is in none of them: nothing.
  static let nowhere = NamespaceView(pidns: .max, uidMap: [], gidMap: [])
}
