internal import AuditRecords
internal import AuditRules
internal import Containers

/// The way from one container to one daemon that stands for it, or for a container around it, or for the host.
final class Route {
  let daemon: Daemon
  /// The container in whose eyes the daemon sees: its own, or one around it; nil for the host's.
  let owner: ContainerEntry?
  /// What the daemon may see of this container, and how.
  let view: NamespaceView
  /// The daemon sees only what has a pid in its view: what the runtime does in the cgroup beforehand is the host's.
  let needsPID: Bool
  /// The contid chain as the view shows it, "4,^2"; nil for the view's own tasks.
  let chain: StableBytes?
  /// The same as numbers; empty for the view's own tasks.
  let contids: StableNumbers
  /// Where the paths of the daemon's rules lead in the daemon's container.
  let watches: WatchSet?
  /// Of the ids in the view, for a daemon in the format ENRICHED; nil for RAW.
  let names: UnsafePointer<IDNames>?
  /// Another daemon of the same container, or of the host, sees alike: what both write is put together once.
  var hasTwin = false

  /// Whether what it writes differs by serials and keys alone.
  func writesLike(_ other: Route) -> Bool {
    view === other.view && names == nil && other.names == nil
  }

  /// Whether the rules of both say the same of an event that both see alike, but for what task lists have said.
  @inline(__always)
  func decidesLike(_ other: Route) -> Bool {
    daemon.rules.content == other.daemon.rules.content
      && !daemon.rules.with { $0.hasFilesystemRules }
      && watches === other.watches && contids.values.elementsEqual(other.contids.values)
  }

  /// Whether the daemon is told of what a process does.
  /// - Parameter always: whether the audit is on or not.
  @inline(__always)
  func sees(_ process: ProcessEvent, always: Bool = false) -> Bool {
    (daemon.enabled || always) && (!needsPID || view.contains(process))
  }

  /// The contids of a container as the daemon's records show them: "4,^2"; nil for its own, and for one that it does not
  /// see.
  func chain(of other: ContainerEntry) -> String? {
    if let owner, !other.isInside(owner) { return nil }
    return ContainerEntry.chain(daemon.contids(of: other, seenBy: owner))
  }

  init(
    daemon: Daemon, owner: ContainerEntry?, view: NamespaceView, needsPID: Bool,
    chain: StableBytes?, contids: StableNumbers, watches: WatchSet?, names: UnsafePointer<IDNames>?
  ) {
    self.daemon = daemon
    self.owner = owner
    self.view = view
    self.needsPID = needsPID
    self.chain = chain
    self.contids = contids
    self.watches = watches
    self.names = names
  }

  deinit {
    chain?.free()
    contids.free()
  }
}

/// Numbers at an address that stays; freed by whoever made them.
struct StableNumbers {
  let values: UnsafeBufferPointer<UInt64>

  init(_ numbers: [UInt64]) {
    let copy = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: numbers.count)
    _ = copy.initialize(from: numbers)
    values = UnsafeBufferPointer(copy)
  }

  func free() { values.deallocate() }
}

/// Bytes at an address that stays, without reference counting on use; freed by whoever made them.
struct StableBytes {
  let bytes: UnsafeRawBufferPointer

  init(_ text: String) {
    var text = text
    bytes = text.withUTF8 { source in
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
      copy.copyMemory(from: UnsafeRawBufferPointer(source))
      return UnsafeRawBufferPointer(copy)
    }
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    copy.copyMemory(from: bytes)
    self.bytes = UnsafeRawBufferPointer(copy)
  }

  func free() { bytes.deallocate() }
}
