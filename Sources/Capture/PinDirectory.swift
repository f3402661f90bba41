internal import CLibBPF
import CNestaudit
import Glibc

/// Where a collector pins what it has in the kernel: a directory of bpffs for each state directory, in it one for each
/// version of the programs. Only root comes in.
public struct PinDirectory: Sendable {
  /// The directory, in bpffs.
  public let path: String

  private static let mountPoint = "/sys/fs/bpf"
  /// include/uapi/linux/magic.h, BPF_FS_MAGIC
  private static let magic = 0xcafe_4a11
  /// What is being pinned, and counts for nothing before it is whole.
  private static let unfinished = "unfinished"
  /// A version of which nothing is kept besides.
  private static let abandoned = "abandoned"

  /// The directory of the collector with this state directory.
  public init(stateDirectory: String) {
    let name = stateDirectory.utf8.map { byte in
      Self.isPlain(byte) ? Character(UnicodeScalar(byte)) : "-"
    }
    path =
      Self.mountPoint + "/nestaudit-" + String(name).drop { $0 == "-" }.suffix(64) + "-"
      + String(Fingerprint(Array(stateDirectory.utf8)).value, radix: 16)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Makes the directory, and mounts bpffs where there is none yet. Needs all privileges.
  func make() throws(CaptureError) {
    var status = statfs()
    guard statfs(Self.mountPoint, &status) == 0 else {
      throw CaptureError("\(Self.mountPoint) is not there", errno: errno)
    }
    if Int(status.f_type) != Self.magic,
      mount("bpf", Self.mountPoint, "bpf", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), "mode=0700") != 0
    {
      throw CaptureError("bpffs cannot be mounted at \(Self.mountPoint)", errno: errno)
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw CaptureError("\(path) cannot be made", errno: errno)
    }
    // Who else could have made it has put it there to be trusted.
    var owner = stat()
    guard lstat(path, &owner) == 0, owner.st_mode & S_IFMT == S_IFDIR, owner.st_uid == 0,
      owner.st_mode & 0o077 == 0
    else { throw CaptureError("\(path) is not root's alone; remove it") }
  }

  /// The versions that are pinned, by their names.
  var versions: [String] {
    PinnedObjects.entries(of: path).filter { $0 != Self.unfinished }
  }

  /// Tells the programs that are built in, and their ring, from others.
  static func version(ringSize: UInt32, backend: Backend) -> String {
    "\(backend.rawValue)-\(ringSize)-\(ProgramObject.fingerprint)"
  }

  /// Tells the ring from every other one of this boot.
  /// - Parameter ring: its descriptor, which is closed; nil if there is none.
  static func identity(_ version: String, ring: Int32?) -> String? {
    guard let ring else { return nil }
    defer { close(ring) }
    var information = bpf_map_info()
    var length = UInt32(MemoryLayout<bpf_map_info>.size)
    guard bpf_obj_get_info_by_fd(ring, &information, &length) == 0 else { return nil }
    return "\(version)@\(information.id)"
  }

  /// What an earlier collector has left that can be gone on with.
  struct Found {
    let objects: PinnedObjects
    let backend: Backend
    /// Bytes of its ring, which stays whatever size another one would have.
    let ringSize: UInt32
  }

  /// The programs that are built in, as an earlier collector has left them; nil if it did not.
  /// - Parameter kept: identity of the ring of which it has kept what it knew: of another one nobody knows whose its events
  ///   are.
  func found(choice: Backend.Choice, kept: String?) -> Found? {
    for version in versions {
      let parts = version.split(separator: "-", maxSplits: 1)
      guard parts.count == 2, let backend = Backend(rawValue: String(parts[0])),
        choice == .auto || choice.rawValue == backend.rawValue,
        let ringSize = parts[1].split(separator: "-").first.flatMap({ UInt32($0) }),
        version == Self.version(ringSize: ringSize, backend: backend)
      else { continue }
      let objects = self.objects(of: version)
      if Self.identity(version, ring: objects.open(.map, "ring")) == kept {
        return Found(objects: objects, backend: backend, ringSize: ringSize)
      }
      self.objects(of: Self.abandoned).removeAll()
      try? objects.rename(to: path + "/" + Self.abandoned)
    }
    return nil
  }

  func objects(of version: String) -> PinnedObjects { PinnedObjects(path: path + "/" + version) }

  /// A place that counts for nothing until it is given its version's name.
  func begin() throws(CaptureError) -> PinnedObjects {
    let objects = objects(of: Self.unfinished)
    objects.removeAll()
    try make()
    guard mkdir(objects.path, 0o700) == 0 else {
      throw CaptureError("\(objects.path) cannot be made", errno: errno)
    }
    return objects
  }

  func finish(_ objects: PinnedObjects, as version: String) throws(CaptureError) {
    try objects.rename(to: path + "/" + version)
  }

  /// Takes back what `make` has made, if nothing is pinned there.
  func removeIfEmpty() { rmdir(path) }

  // MARK: For `doctor` and `unload`

  /// What is pinned of one version.
  public struct Version: Sendable {
    /// Of the programs: `Capture.version`.
    public let name: String
    /// How many maps.
    public let maps: Int
    /// How many programs.
    public let programs: Int
    /// How many links: programs that are attached.
    public let links: Int
    /// Events in its ring that nobody has taken.
    public let events: UInt64
    /// … and their bytes.
    public let bytes: UInt64
  }

  /// What is pinned; nothing if there is no such directory.
  public var contents: [Version] {
    PinnedObjects.entries(of: path).map { version in
      let objects = objects(of: version)
      let left = LeftRing(of: objects).left
      return Version(
        name: version, maps: objects.names(.map).count, programs: objects.names(.program).count,
        links: objects.names(.link).count, events: left.events, bytes: left.bytes)
    }
  }

  /// Unpins everything and waits until the kernel has taken it out.
  /// - Returns: false if a program is still there after some seconds: somebody else holds it.
  public func removeAll() -> Bool {
    var ids: Set<UInt32> = []
    for version in PinnedObjects.entries(of: path) {
      let objects = objects(of: version)
      for program in (try? objects.programs()) ?? [] {
        if let id = Self.id(of: program.descriptor) { ids.insert(id) }
        close(program.descriptor)
      }
      objects.removeAll()
    }
    removeIfEmpty()
    for _ in 0..<500 {
      if ids.isDisjoint(with: Self.loadedPrograms) { return true }
      usleep(10_000)
    }
    return false
  }

  private static func id(of program: Int32) -> UInt32? {
    var information = bpf_prog_info()
    var length = UInt32(MemoryLayout<bpf_prog_info>.size)
    return bpf_obj_get_info_by_fd(program, &information, &length) == 0 ? information.id : nil
  }

  private static var loadedPrograms: Set<UInt32> {
    var ids: Set<UInt32> = []
    var id: UInt32 = 0
    while bpf_prog_get_next_id(id, &id) == 0 { ids.insert(id) }
    return ids
  }
}

/// The ring of a version that nobody reads any more: it is told by the kernel's own heads alone (kernel/bpf/ringbuf.c),
/// whatever the events in it look like.
struct LeftRing {
  private let ring: EventRing?

  init(of objects: PinnedObjects) {
    guard let descriptor = objects.open(.map, "ring") else {
      ring = nil
      return
    }
    defer { close(descriptor) }
    ring = try? EventRing(descriptor: descriptor)
  }

  /// What is in it.
  var left: (events: UInt64, bytes: UInt64) { ring?.left() ?? (0, 0) }
}
