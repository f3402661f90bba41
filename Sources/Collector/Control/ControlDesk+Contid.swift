internal import AuditRecords
internal import Containers

/// What is asked with `nestaudit contid set`.
struct ContidWish: Sendable {
  let number: UInt64
  /// Of whom; nil if there is no such process.
  let process: ProcessHandle?
  /// For whom: the orchestrator; nil if that is neither the asker nor one that he comes from.
  let owner: ProcessIdentity?
  /// The process comes from the orchestrator.
  let isDescendant: Bool
}

/// Container identifiers, by the rules of the container-identifier series (V11, 02/11 and 09/11) and with its errors.
extension ControlDesk {
  /// The contid of a process and of the containers around it, as far as the asker's view goes.
  func contids(
    of process: ProcessHandle?, for standing: Standing, _ peer: Peer
  ) throws(ControlRefusal) -> Granted {
    guard let process else { throw .gone }
    let entry = containers.innermost(of: ProcessIdentity(of: process.pid)) ?? containers.host
    guard process.isAlive else { throw .gone }
    switch standing {
    case .host: return .contid(entry.contids(in: nil), container: entry.container?.name)
    case .nobody: throw refused("get_contid", peer, Self.nobody)
    case .user(let uid, let own):
      guard uid == 0, entry.isInside(own) else {
        throw refused("get_contid", peer, "only root of the container may, of what is in it")
      }
      return .contid(
        entry.contids(in: own),
        container: entry === own ? nil : entry.container.map { scope(of: standing).seen($0.name) })
    }
  }

  /// Makes a container of a process, or puts it into one that the same orchestrator has made.
  func declare(
    _ wish: ContidWish, for standing: Standing, _ peer: Peer
  ) throws(ControlRefusal) -> Granted {
    guard let process = wish.process else { throw .gone }
    let asker = asker(peer)
    let identity = ProcessIdentity(of: process.pid)
    let around = containers.innermost(of: identity) ?? containers.host
    if around.held != nil { return .later(1_000_000) }
    do throws(ControlRefusal) {
      if let refusal = refusal(of: wish, for: standing, identity, in: around) { throw refusal }
      guard let owner = wish.owner else { throw .notHis }
      guard let known = containers.numbered(wish.number) else {
        try containers.declare(
          wish.number, of: process, in: around.container == nil ? nil : around,
          by: Declaration(owner: owner, asker: asker))
        return .done
      }
      guard known.declaration?.isOwned(by: owner) == true,
        (known.outer ?? containers.host) === around
      else {
        throw ControlRefusal(
          "\(wish.number) is another's contid; give one that is not in use", code: "ENOTUNIQ")
      }
      try containers.join(process, to: known)
      tell(wish, of: identity, from: around, to: known.routes, asker, isDone: true)
      return .done
    } catch {
      var isHost = false
      if case .host = standing { isHost = true }
      tell(
        wish, of: identity, from: around, to: asker.entry.routes, asker, isDone: false,
        isLimited: !isHost)
      throw error
    }
  }

  /// In the order in which the series looks.
  private func refusal(
    of wish: ContidWish, for standing: Standing, _ process: ProcessIdentity,
    in around: ContainerEntry
  ) -> ControlRefusal? {
    guard let target = wish.process, target.isAlive else { return .gone }
    guard wish.number != 0, wish.number != .max else {
      return ControlRefusal(
        "give a contid between 1 and 18446744073709551614: 0 is the host's, and none can be taken away",
        code: "EINVAL")
    }
    guard mayDeclare(standing) else {
      return .denied(
        "only root of the host may, and root of a container with 'contid.declare = yes' in scope.conf"
      )
    }
    guard let owner = wish.owner else { return .notHis }
    let place = containers.innermost(of: owner) ?? containers.host
    if case .user(_, let entry) = standing, place !== entry { return .notHis }
    if target.hasChildren || target.hasThreads { return .busy(process.pid(for: entry(standing))) }
    guard wish.isDescendant else {
      return ControlRefusal(
        "it does not come from the orchestrator; a contid is set of a process that it has made",
        code: "EXDEV")
    }
    guard around === place else {
      return ControlRefusal(
        "it has a contid already; only an orchestrator in that container can set another one",
        code: "EEXIST")
    }
    return nil
  }

  private func entry(_ standing: Standing) -> ContainerEntry? {
    if case .user(_, let entry) = standing { entry } else { nil }
  }

  private func mayDeclare(_ standing: Standing) -> Bool {
    switch standing {
    case .host: true
    case .nobody: false
    case .user(let uid, let entry):
      uid == 0 && own(of: entry).contains { template(of: $0)?.scope.declares == true }
    }
  }

  /// Says in the logs that a contid was set, or was to be.
  private func tell(
    _ wish: ContidWish, of process: ProcessIdentity, from around: ContainerEntry,
    to routes: [Route], _ asker: Asker, isDone: Bool, isLimited: Bool = false
  ) {
    let now = EventTime.now
    for route in routes where route.daemon.enabled {
      guard !isLimited || route.daemon.refusals.count(at: now.seconds) else { continue }
      let isSeen = route.owner.map(around.isInside) ?? true
      route.daemon.write(
        .container(
          .set, process: isSeen ? process.pid(for: route.owner) : 0, chain: String(wish.number),
          outer: isSeen ? ContainerEntry.chain(around.contids(in: route.owner)) : nil,
          asker.seen(by: route.daemon), isDone: isDone), at: now)
    }
  }

  // MARK: Births

  /// Knows a container before its first instruction, by the process that a runtime has made for it.
  func announce(_ process: ProcessHandle?, by peer: Peer) throws(ControlRefusal) -> Granted {
    guard let process else { throw .gone }
    let entry = try containers.announce(process, by: peer.process)
    return .begun(
      container: entry.container?.name ?? "", daemons: entry.ownDaemons.map(\.name),
      isReady: entry.held == nil)
  }
}

extension ProcessIdentity {
  /// Its number as a container sees it, nil being the host; 0 where it has none.
  fileprivate func pid(for viewer: ContainerEntry?) -> UInt32 {
    guard let namespace = viewer?.view.pidns, namespace != 0 else { return pid }
    return pid(in: namespace) ?? 0
  }
}

extension ControlRefusal {
  static let gone = ControlRefusal("there is no such process", code: "ESRCH")

  static func busy(_ process: UInt32) -> Self {
    ControlRefusal(
      "process \(process) has children or threads, which would stay outside; set its contid before it makes any",
      code: "EBUSY")
  }

  fileprivate static let notHis = denied(
    "--from is the process that asks, or one that it comes from in the same container")
}
