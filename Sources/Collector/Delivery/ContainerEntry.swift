internal import AuditRecords
import CNestaudit
internal import Containers

/// What the collector knows of a container, or of the host. Lives on the drain thread.
final class ContainerEntry {
  /// nil for the host.
  private(set) var container: Container?
  /// The entry of the container around it; nil for the host, and for containers that stand on it.
  let outer: ContainerEntry?
  /// How its own daemons see it.
  let view: NamespaceView

  /// Every daemon that may want its events: its own, those of the containers around it, the host's. The
  /// order is that of the bits of `wants`.
  var routes: [Route] = [] {
    didSet {
      isEnriched = routes.contains { $0.names != nil }
      for route in routes {
        route.hasTwin = routes.contains { $0 !== route && $0.writesLike(route) }
      }
      routeList.free()
      routeList = RouteList(routes)
    }
  }
  /// The same for the hot path.
  private(set) var routeList = RouteList([])
  /// Some daemon's log has names beside the numbers.
  private(set) var isEnriched = false
  /// The policy that holds for it in the kernel.
  var policy = UInt32(POLICY_UNDECIDED)
  /// Whose credit its events take in the ring: `Credits`.
  var account = UInt32(ACCOUNT_HOST)
  /// Its cgroups: the root, and those below that are no container of their own.
  var cgroups: Set<UInt64> = []

  /// What has become of the events that came from it. One that some daemon should have had and did not get is lost.
  var books = Books()
  /// Everything in it was stopped: by `-f 2`, until somebody thaws it …
  var isStopped = false
  /// … or until a backlog has room.
  var isSlowed = false
  /// Events that were written with a name that nothing confirms.
  var unconfirmed: UInt64 = 0
  /// Events written in which something is missing: it had left the caller's memory.
  var unreadable: UInt64 = 0

  /// Before this time, by the monotonic clock, nothing more is done for who asks from within it.
  var answersNotBefore: Int64 = 0
  /// Its events from its birth on, until it is known whose they are; nil from then on.
  var held: HeldEvents? { didSet { isHeld = held != nil } }
  private(set) var isHeld = false
  /// What its own daemons were called by an earlier collector, by those of the configuration.
  var keptNames: [String: String] = [:]
  /// What its runtime called it when that was looked for last.
  var foundName: String?
  /// Its first process may be its runtime's: that is waited for.
  var mayBeRuntime = false
  /// The collector's log has told that no daemon stands for it.
  var isToldUnmatched = false
  /// When its first process was told.
  let born: EventTime
  /// Who has declared it; nil if it begins and ends with a cgroup.
  let declaration: Declaration?
  /// How many containers are around each other from this one outwards; 0 for the host.
  let depth: Int
  /// Of the outermost one alone: how many it has inside.
  var innerCount = 0

  /// Tells its root from those of others, in the keys of watches; 0 for the host's.
  let instance: UInt32

  init(
    container: Container?, outer: ContainerEntry?, view: NamespaceView, instance: UInt32,
    born: EventTime = .now, declaration: Declaration? = nil
  ) {
    self.born = born
    self.declaration = declaration
    depth = container == nil ? 0 : (outer?.depth ?? 0) + 1
    self.container = container
    self.outer = outer
    self.view = view
    self.instance = instance
  }

  deinit { routeList.free() }

  var contid: UInt64 { container?.contid ?? 0 }
  /// The audit container identifier that records have.
  var number: UInt64 { container?.number ?? 0 }

  var isDeclared: Bool { declaration != nil }
  /// By which the kernel's table knows the innermost declared container that it is in, or is; 0 for none.
  var declared: UInt32 {
    var entry: ContainerEntry? = self
    while let current = entry {
      if current.isDeclared { return UInt32(truncatingIfNeeded: current.contid) }
      entry = current.outer
    }
    return 0
  }

  /// Whether this process is the one that was declared.
  func isDeclared(with process: UInt32) -> Bool {
    isDeclared && container?.initPID == process
  }

  /// A cgroup in which a declared container has begun is its own from then on.
  func take(cgroup path: String) {
    guard container?.ownCgroup == nil else { return }
    container = container?.standing(in: path)
  }

  /// Is what an earlier collector knew of it.
  func restore(_ container: Container) { self.container = container }

  /// Goes by what its runtime has of it on disk.
  func identify(by metadata: ContainerMetadata) {
    container = container?.identified(by: metadata, around: outer?.container?.name)
  }

  /// The outermost container that it is in, or that it is itself.
  var outermost: ContainerEntry {
    var entry = self
    while let outer = entry.outer { entry = outer }
    return entry
  }

  /// The number of its first process as `viewer` sees it, nil being the host.
  func firstProcess(in viewer: ContainerEntry?) -> UInt32 {
    guard let container else { return 0 }
    return viewer?.container.map(container.firstProcess) ?? container.initPID
  }

  /// Whether it is that container, or nested in it.
  func isInside(_ container: ContainerEntry) -> Bool {
    var entry: ContainerEntry? = self
    while let current = entry {
      if current === container { return true }
      entry = current.outer
    }
    return false
  }

  /// The daemons that stand for it itself.
  var ownDaemons: [Daemon] {
    routes.filter { container == nil ? $0.owner == nil : $0.owner === self }.map(\.daemon)
  }

  /// Contids as a record shows them: "4,^2"; nil if there are none.
  static func chain(_ contids: [UInt64]) -> String? {
    guard let innermost = contids.first else { return nil }
    return ([String(innermost)] + contids.dropFirst().map { "^\($0)" }).joined(separator: ",")
  }

  /// Its contid and those around it as CONTAINER_OP tells them to `viewer`: to its own daemons by itself.
  func operationContids(in viewer: ContainerEntry?) -> [UInt64] {
    viewer === self ? [number] : contids(in: viewer)
  }

  /// Its contid and those around it as far as the view of `viewer` goes, innermost first.
  func contids(in viewer: ContainerEntry?) -> [UInt64] {
    var contids: [UInt64] = []
    var entry: ContainerEntry? = self
    while let current = entry, current.container != nil, current !== viewer {
      contids.append(current.number)
      entry = current.outer
    }
    return contids
  }
}
