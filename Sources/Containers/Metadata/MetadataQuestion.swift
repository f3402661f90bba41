import Glibc

/// Who a container is, by what is on disk.
///
/// No runtime is asked, since it may answer late, or be the container's own. The processes that make a container and look after it
/// say on their command lines where its files are; without them, runtimes' usual places are looked at. For a container in
/// a container all of them are the outer one's: its files are read in its root, and nothing of the host's.
public struct MetadataQuestion: Sendable {
  /// The path of the container's root cgroup, from the root of the v2 hierarchy.
  public let cgroupPath: String
  /// The process that made the cgroup, on the host; it may be gone and its number another's. 0 if it is not known.
  public let maker: UInt32
  /// The container's first process, on the host; 0 if there is none. Without it a maker is believed that has
  /// this process's PID namespace, and no other.
  public let process: UInt32
  /// A process of what the container stands in, for when its own has ended already: process 1 or ourselves on the host, else the
  /// first process of the container around it; 0 if that is not known. Then nothing of the host is read for it.
  public let outer: UInt32
  private let places: MetadataPlaces

  /// Asks about a cgroup.
  public init(
    cgroupPath: String, maker: UInt32, process: UInt32, outer: UInt32 = 0,
    places: MetadataPlaces = MetadataPlaces()
  ) {
    self.cgroupPath = cgroupPath
    self.maker = maker
    self.process = process
    self.outer = outer
    self.places = places
  }

  /// Looks. This lasts as long as the file systems do that are read, one of the container's makers' own among them.
  public func answer() -> ContainerMetadata {
    let search = MetadataSearch(cgroupPath: cgroupPath, places: places)
    var told = PartialMetadata()
    var isFound = false
    let surroundings = Surroundings(of: process, cgroup: cgroupPath, maker: maker, outer: outer)
    for number in surroundings.witnesses {
      guard let witness = Witness(number), surroundings.accepts(witness),
        let found = search.ask(witness, isParent: number == surroundings.keeper)
      else { continue }
      told.fill(from: found)
      isFound = true
    }
    if !isFound, let keeper = surroundings.keeper, let witness = Witness(keeper),
      surroundings.accepts(witness), let found = search.look(witness)
    {
      told.fill(from: found)
    }
    return told.metadata(form: search.form, path: cgroupPath)
  }
}

/// The processes around a container: those that its runtime consists of are among them.
private struct Surroundings {
  /// This many ancestors are asked.
  private static let mostAncestors = 16

  private static let ourselves = UInt32(getpid())

  /// In the order in which they are asked.
  private(set) var witnesses: [UInt32] = []
  /// The process outside of the container that its first process has for a parent: it sees the runtime's files.
  private(set) var keeper: UInt32?
  /// The inode of the keeper's PID namespace, or where there is none of our own.
  private var pidNamespace: UInt64?
  /// When the container's first process was started.
  private var startTime: UInt64?

  init(of process: UInt32, cgroup: String, maker: UInt32, outer: UInt32) {
    var ancestors: [UInt32] = []
    if let first = Witness(process) {
      startTime = first.startTime
      var next = first.parent
      for _ in 0..<Self.mostAncestors {
        // Process 1 is not always to be looked at, not even by root: it sees what we see.
        guard let ancestor = Witness(next == 1 ? Self.ourselves : next) else { break }
        next = ancestor.process == Self.ourselves ? 0 : ancestor.parent
        if keeper == nil {
          // Still in the container: its first process is not always the one that was given.
          if ancestor.cgroupPath()?.isPath(in: cgroup) == true { continue }
          keeper = ancestor.process
          pidNamespace = ancestor.pidNamespace
        }
        // The parent of an outer container's first process knows nothing of what is in that.
        guard ancestor.pidNamespace == pidNamespace else { break }
        if ancestor.process != Self.ourselves { ancestors.append(ancestor.process) }
      }
    }
    if keeper == nil, let around = Witness(outer) {
      keeper = outer
      pidNamespace = around.pidNamespace
    }
    if keeper == nil { pidNamespace = Witness(Self.ourselves)?.pidNamespace }
    witnesses = ancestors
    if let made = Witness(maker), accepts(made) {
      witnesses = [maker, made.parent].filter { $0 != 0 && !ancestors.contains($0) } + ancestors
    }
  }

  /// Whether a process can be one that had to do with the container's making. A number can have come to somebody else meanwhile, in
  /// any container, who would tell what he likes: but he is in another PID namespace, or younger than the container.
  func accepts(_ witness: borrowing Witness) -> Bool {
    witness.pidNamespace == pidNamespace
      && (witness.startTime <= startTime ?? .max || witness.process == Self.ourselves)
  }
}
