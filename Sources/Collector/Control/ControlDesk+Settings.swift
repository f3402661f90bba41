internal import Containers

/// What `ctl -s` and `status` are told.
extension ControlDesk {
  /// Every daemon whose settings somebody may look at.
  func readable(
    for standing: Standing, _ peer: Peer
  ) throws(ControlRefusal) -> [Daemon] {
    let operation = Permissions.Operation.list
    switch standing {
    case .host: return daemons.all
    case .nobody: throw refused(operation.rawValue, peer, Self.nobody)
    case .user(let uid, let entry):
      let own = own(of: entry)
      guard !own.isEmpty else { throw refused(operation.rawValue, peer, Self.none) }
      if uid == 0 { return visible(to: entry) }
      let allowed = own.filter {
        template(of: $0)?.scope.permissions.allow(operation, uid: uid) == true
      }
      guard !allowed.isEmpty else {
        throw refused(
          operation.rawValue, peer,
          "only root of the container may, and whom scope.conf allows to \(operation.rawValue)")
      }
      return allowed
    }
  }

  /// As the asker may see them: names without what is around, and a number of the collector on the host alone.
  func settings(of daemons: [Daemon], for standing: Standing) -> Granted {
    let scope = scope(of: standing)
    let pid = pid(for: standing)
    return .settings(daemons.map { $0.settings(named: scope.seen($0.name), pid: pid) })
  }
}
