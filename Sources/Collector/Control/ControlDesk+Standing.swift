internal import AuditRecords
internal import Containers
import Glibc

/// Who asks, and from where.
extension ControlDesk {
  enum Standing {
    /// Root of the host.
    case host
    /// A user of a container, by its id there.
    case user(UInt32, of: ContainerEntry)
    case nobody
  }

  /// What a peer may count as, and as whom it is told of.
  func standing(of peer: Peer) -> (peer: Peer, standing: Standing) {
    if peer.socket == .root { return (peer, .host) }
    let place = place(of: peer)
    // Looked at afterwards: what was declared of a process goes when it ends, and leaves it in the container around. Its
    // connection may have been handed on, and its number may be another's.
    return peer.hasEnded ? (.unknown(peer.socket), .nobody) : (peer, place)
  }

  /// Before this time nothing more is done for whoever is there.
  func answersNotBefore(_ standing: Standing) -> Int64 {
    switch standing {
    case .host: 0
    case .user(_, let entry): entry.answersNotBefore
    case .nobody: answersNobodyNotBefore
    }
  }

  func wait(_ standing: Standing, until time: Int64) {
    switch standing {
    case .host: break
    case .user(_, let entry): entry.answersNotBefore = time
    case .nobody: answersNobodyNotBefore = time
    }
  }

  private func place(of peer: Peer) -> Standing {
    guard peer.process.cgroup != nil else { return .nobody }
    if let entry = containers.innermost(of: peer.process) {
      // A container that is gone, and one that has its path by now, are not the same.
      guard entry.isDeclared || hierarchy.id(of: entry.container?.cgroupPath ?? "") == entry.contid
      else {
        return .nobody
      }
      return .user(entry.view.uid(peer.uid), of: entry)
    }
    return peer.isOfHost && peer.uid == 0 ? .host : .nobody
  }

  func asker(_ peer: Peer) -> Asker {
    containers.asker(peer.sender)
  }

  func pid(for standing: Standing) -> UInt32 {
    if case .host = standing { UInt32(getpid()) } else { 0 }
  }

  /// What names the asker may see.
  func scope(of standing: Standing) -> NameScope {
    guard case .user(_, let entry) = standing else { return NameScope(outer: nil) }
    return NameScope(outer: entry.outer?.container?.name)
  }

  func admission(_ standing: Standing) -> Granted {
    switch standing {
    case .host: return .admission(of: 0, connections: .max)
    case .nobody: return .admission(of: .max, connections: Quotas().connections)
    case .user(_, let entry):
      let most = own(of: entry).compactMap { template(of: $0)?.scope.quotas.connections }.max()
      return .admission(of: entry.contid, connections: most ?? Quotas().connections)
    }
  }
}
