import Glibc

/// The dynamic loader that an executable names in its PT_INTERP: the name that the kernel looked it up by.
///
/// The kernel does not hand it on, so it is read from the file itself, once for each version of it.
public struct ElfInterpreter: Sendable {
  /// What tells one version of a file from another.
  public struct File: Hashable, Sendable {
    public let dev: UInt32
    public let ino: UInt64
    /// Time of its last change, nanoseconds since 1970.
    public let ctime: UInt64

    public init(dev: UInt32, ino: UInt64, ctime: UInt64) {
      self.dev = dev
      self.ino = ino
      self.ctime = ctime
    }
  }

  private static let limit = 4096
  private var names: [File: [UInt8]] = [:]

  public init() {}

  /// The name for an executable that process `pid` has just begun, nil if it cannot be had.
  public mutating func name(of file: File, executedBy pid: UInt32) -> [UInt8]? {
    if let known = names[file] { return known }
    let descriptor = open("/proc/\(pid)/exe", O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let identity = ContainerRoot.identity(ofDescriptor: descriptor),
      identity == (file.dev, file.ino), let name = Self.read(descriptor)
    else { return nil }
    if names.count >= Self.limit { names.removeAll(keepingCapacity: true) }
    names[file] = name
    return name
  }

  /// The PT_INTERP of a 64-bit or 32-bit ELF file, without its NUL.
  static func read(_ descriptor: Int32) -> [UInt8]? {
    var head = [UInt8](repeating: 0, count: 4096)
    let got = pread(descriptor, &head, head.count, 0)
    guard got >= 52, head[0...3] == [0x7f, 0x45, 0x4c, 0x46] else { return nil }
    let wide = head[4] == 2
    func number(_ at: Int, _ size: Int) -> Int? {
      guard at >= 0, at + size <= got else { return nil }
      let value = (0..<size).reduce(UInt64(0)) { $0 | UInt64(head[at + $1]) << (8 * UInt64($1)) }
      return Int(exactly: value)
    }
    guard let table = wide ? number(32, 8) : number(28, 4),
      let entrySize = number(wide ? 54 : 42, 2), let entries = number(wide ? 56 : 44, 2)
    else { return nil }
    for index in 0..<entries {
      let entry = table &+ index * entrySize
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
