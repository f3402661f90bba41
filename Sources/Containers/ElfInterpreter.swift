import CNestaudit
import Glibc

/// The dynamic loader that an executable names in its PT_INTERP: the name that the kernel looked it up by.
///
/// The kernel does not hand it on, so it is read from the file itself, once for each version of it.
public struct ElfInterpreter: Sendable {
  /// What tells one version of a file from another.
  public struct File: Hashable, Sendable {
    /// The device, major << 20 | minor.
    public let dev: UInt32
    /// The inode's number.
    public let ino: UInt64
    /// Time of its last change, nanoseconds since 1970.
    public let ctime: UInt64

    /// As an event's object has them.
    public init(dev: UInt32, ino: UInt64, ctime: UInt64) {
      self.dev = dev
      self.ino = ino
      self.ctime = ctime
    }
  }

  private static let limit = 4096
  private var names: [File: [UInt8]] = [:]

  /// Knows no file yet.
  public init() {}

  /// The name for an executable, nil if it cannot be had.
  /// - Parameters:
  ///   - pid: the process that has just begun it, on the host; it may be gone again.
  ///   - path: the executable's, in the eyes of its container.
  ///   - initPID: a process whose root is the container's, on the host.
  public mutating func name(
    of file: File, executedBy pid: UInt32, path: UnsafeRawBufferPointer?, rootOf initPID: UInt32
  ) -> [UInt8]? {
    if let known = names[file] { return known }
    guard let name = Self.read(file, "/proc/\(pid)/exe") ?? Self.read(file, path, rootOf: initPID)
    else { return nil }
    if names.count >= Self.limit { names.removeAll(keepingCapacity: true) }
    names[file] = name
    return name
  }

  private static func read(_ file: File, _ magicLink: String) -> [UInt8]? {
    let found = open(magicLink, nestaudit_o_path | O_CLOEXEC)
    guard found >= 0 else { return nil }
    defer { close(found) }
    return read(file, found: found)
  }

  private static func read(
    _ file: File, _ path: UnsafeRawBufferPointer?, rootOf initPID: UInt32
  ) -> [UInt8]? {
    guard let path, let root = ContainerRoot(ofProcess: initPID),
      let found = root.open(String(path: path), flags: nestaudit_o_path)
    else { return nil }
    defer { close(found) }
    return read(file, found: found)
  }

  /// Opens what was only looked up, once it is known to be the file itself: a container may have put
  /// anything in its place, a pipe that never answers included.
  private static func read(_ file: File, found: Int32) -> [UInt8]? {
    var status = stat()
    guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      UInt64(status.st_ino) == file.ino,
      UInt64(bitPattern: FileVersion(status).changed) == file.ctime
    else { return nil }
    let descriptor = open("/proc/self/fd/\(found)", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return read(descriptor)
  }

  /// The PT_INTERP of a 64-bit or 32-bit ELF file, without its NUL.
  static func read(_ descriptor: Int32) -> [UInt8]? {
    var head = [UInt8](repeating: 0, count: 4096)
    let got = pread(descriptor, &head, head.count, 0)
    guard got >= 52, head[0...3] == [0x7f, 0x45, 0x4c, 0x46] else { return nil }
    let wide = head[4] == 2
    func number(_ at: Int, _ size: Int) -> Int? {
      guard at >= 0, at <= got - size else { return nil }
      let value = (0..<size).reduce(UInt64(0)) { $0 | UInt64(head[at + $1]) << (8 * UInt64($1)) }
      return Int(exactly: value)
    }
    guard let table = wide ? number(32, 8) : number(28, 4),
      let entrySize = number(wide ? 54 : 42, 2), let entries = number(wide ? 56 : 44, 2)
    else { return nil }
    for index in 0..<entries {
      let entry = table &+ index * entrySize  // two numbers of 16 bits
      guard let type = number(entry, 4) else { return nil }
      guard type == 3 /* PT_INTERP */ else { continue }
      guard let offset = wide ? number(entry + 8, 8) : number(entry + 4, 4),
        let size = wide ? number(entry + 32, 8) : number(entry + 16, 4), (2...4096).contains(size)
      else { return nil }
      var name = [UInt8](repeating: 0, count: size)
      guard pread(descriptor, &name, size, off_t(offset)) == size else { return nil }
      return name.firstIndex(of: 0).map { Array(name[..<$0]) }
    }
    return nil
  }
}
