import CNestaudit
import Glibc

/// A state of a file: another one means that its content may be another.
public struct FileVersion: Equatable, Sendable {
  let dev: UInt64
  let ino: UInt64
  let size: Int64
  let modified: Int64
  let changed: Int64

  init(_ status: stat) {
    dev = UInt64(status.st_dev)
    ino = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  /// Whether a later change will show: within one tick of the kernel's clock two changes have the same time.
  var isSettled: Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    // A file system of the container's may say anything.
    return Self.nanoseconds(now) &- changed > 100_000_000
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// What came of looking at a file of a container.
public enum ContainerFile: Sendable {
  /// It is as it was.
  case unchanged
  /// Its content; `version` is nil where a change just now might not show.
  case read([UInt8], version: FileVersion?)
  /// There is none, or none that can be read: no regular file.
  case none
}

extension ContainerRoot {
  /// Reads a regular file of the container. Whoever answers for its file system can make this last as long as he likes.
  /// - Parameters:
  ///   - path: absolute, in the container's eyes; links are followed and do not lead out.
  ///   - limit: bytes that are read at most.
  ///   - known: the version that was read before.
  public func read(_ path: String, limit: Int, unless known: FileVersion?) -> ContainerFile {
    guard let found = lookUpFile(path) else { return .none }
    defer { close(found.descriptor) }
    if let known, known == FileVersion(found.status) { return .unchanged }
    guard let opened = Self.openFound(found.descriptor) else { return .none }
    defer { close(opened) }
    var status = stat()
    guard fstat(opened, &status) == 0 else { return .none }
    let version = FileVersion(status)
    guard let content = Self.content(of: opened, limit: limit) else { return .none }
    return .read(content, version: version.isSettled ? version : nil)
  }

  /// Opens a regular file for reading; nil if there is none, or it is another's.
  /// - Parameter owner: the uid that it has to belong to on the host; nil for anybody.
  /// - Returns: a descriptor for the caller to close.
  func openFile(_ path: String, ownedBy owner: UInt32?) -> Int32? {
    guard let found = lookUpFile(path) else { return nil }
    defer { close(found.descriptor) }
    if let owner, owner != found.status.st_uid { return nil }
    return Self.openFound(found.descriptor)
  }

  /// What it is is asked before it is opened: a fifo would wait for a writer, a device might do anything.
  private func lookUpFile(_ path: String) -> (descriptor: Int32, status: stat)? {
    guard let found = open(path, flags: nestaudit_o_path) else { return nil }
    var status = stat()
    guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(found)
      return nil
    }
    return (found, status)
  }

  /// The very file that was looked at, whatever its path leads to by now.
  private static func openFound(_ found: Int32) -> Int32? {
    let opened = Glibc.open("/proc/self/fd/\(found)", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    return opened >= 0 ? opened : nil
  }

  static func content(of descriptor: Int32, limit: Int) -> [UInt8]? {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while content.count < limit {
      let count = Glibc.read(descriptor, &chunk, min(chunk.count, limit - content.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      content += chunk[..<count]
    }
    return content
  }
}
