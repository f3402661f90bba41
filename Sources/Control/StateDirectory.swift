public import Containers
import Glibc

/// The directory that belongs to one running collector: its lock and its sockets.
///
/// Holding the value holds the lock, so a second collector on the same directory is refused. The
/// lock is the kernel's (`flock(2)`): a collector that was killed leaves nothing to clean up.
public final class StateDirectory: Sendable {
  /// Where a collector keeps its state unless it is told otherwise.
  public static let standardPath = "/run/nestaudit"

  /// The directory's path.
  public let path: String
  private let lock: Int32

  /// Creates the directory (0700) if it is missing, and takes its lock.
  public init(path: String) throws(ControlError) {
    self.path = path
    try Self.makeDirectory(path)
    let lockPath = path + "/lock"
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .system(what: lockPath, code: errno) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let owner = Self.firstLine(descriptor)
      _ = Glibc.close(descriptor)
      if code == EWOULDBLOCK { throw .heldBy(pid: owner, directory: path) }
      throw .system(what: lockPath, code: code)
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count
    else {
      let code = errno
      _ = Glibc.close(descriptor)
      throw .system(what: lockPath, code: code)
    }
    lock = descriptor
    // It stays when the collector ends: in containers it is mounted, and the next collector listens in it.
    let shared = Self.sharedDirectory(in: path)
    guard mkdir(shared, 0o755) == 0 || errno == EEXIST, chmod(shared, 0o755) == 0 else {
      throw .system(what: shared, code: errno)
    }
  }

  /// Where the collector listens for root of the host.
  public var socketPath: String { path(of: .root) }

  /// Where the collector listens.
  public func path(of socket: Peer.Socket) -> String {
    switch socket {
    case .root: Self.socketPath(in: path)
    case .tenant: Self.sharedDirectory(in: path) + "/" + Self.tenantSocket
    }
  }

  /// Where a collector with this state directory listens for root of the host.
  public static func socketPath(in directory: String) -> String { directory + "/control.sock" }

  /// What is mounted into containers; nobody else comes through the directory around it.
  public static func sharedDirectory(in directory: String) -> String { directory + "/tenant" }

  private static let tenantSocket = "nestaudit.sock"

  /// The socket that a client finds: on the host root's, where the shared directory is mounted the one in it.
  static func clientSocket(in directory: String) -> String {
    let shared = directory + "/" + tenantSocket
    return access(shared, F_OK) == 0 ? shared : socketPath(in: directory)
  }

  // The lock file stays: unlinking it would let two collectors lock two different files.
  deinit {
    unlink(socketPath)
    unlink(path(of: .tenant))
    _ = Glibc.close(lock)
  }

  private static func makeDirectory(_ path: String) throws(ControlError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    let code = errno
    guard code == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      throw .system(what: path, code: code)
    }
    let parent = String(path[..<slash])
    if mkdir(parent, 0o755) != 0 && errno != EEXIST { throw .system(what: parent, code: errno) }
    if mkdir(path, 0o700) != 0 && errno != EEXIST { throw .system(what: path, code: errno) }
  }

  private static func firstLine(_ descriptor: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    let digits = buffer.prefix(max(count, 0)).prefix { $0 >= 0x30 && $0 <= 0x39 }
    return digits.isEmpty ? "unknown" : String(decoding: digits, as: UTF8.self)
  }
}
