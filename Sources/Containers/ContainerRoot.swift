import CNestaudit
import Glibc

/// A file, told from every other.
public struct FileIdentity: Equatable, Sendable {
  /// The device, as the kernel has it inside: major << 20 | minor.
  public let dev: UInt32
  /// Its inode.
  public let ino: UInt64
  /// Whether it is a directory.
  public let isDirectory: Bool
}

/// A container's root directory, held open: paths are looked up in it and never leave it.
///
/// Every lookup goes through openat2(2) with RESOLVE_IN_ROOT and without magic links, so that neither `..`
/// nor a symbolic link of the container leads outside.
public struct ContainerRoot: ~Copyable, @unchecked Sendable {
  private let descriptor: Int32

  /// Opens the root of a process; nil if it is gone.
  /// - Parameter cgroup: path of the root cgroup of the container that it has to belong to, or its number is another's
  ///   by now; nil for any process.
  public init?(ofProcess pid: UInt32, in cgroup: String? = nil) {
    descriptor = Glibc.open("/proc/\(pid)/root", nestaudit_o_path | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    guard let cgroup else { return }
    // Looked at with the root open: it is the root of what is found here.
    guard ProcessFile.cgroupPath(pid)?.isPath(in: cgroup) == true else { return nil }
  }

  /// Takes over a descriptor of a root directory, opened with O_PATH.
  init(adopting descriptor: Int32) { self.descriptor = descriptor }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Opens a file of the container.
  /// - Parameter path: absolute, in the container's eyes.
  /// - Returns: a descriptor for the caller to close, or nil.
  public func open(_ path: UnsafePointer<CChar>, flags: Int32) -> Int32? {
    let opened = nestaudit_open_in_root(descriptor, path, flags)
    return opened >= 0 ? opened : nil
  }

  /// The same of a path in `String(path:)`'s form.
  public func open(_ path: String, flags: Int32) -> Int32? {
    path.withPath { open($0, flags: flags) }
  }

  /// What a symbolic link at a path says; nil if there is none.
  public func link(at path: String) -> String? {
    guard let opened = open(path, flags: nestaudit_o_path | O_NOFOLLOW) else { return nil }
    defer { close(opened) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      let count = readlinkat(opened, "", buffer.baseAddress!, buffer.count)
      guard count > 0 else { return nil }
      return String(path: UnsafeRawBufferPointer(buffer)[..<count])
    }
  }

  /// What is at a path; nil if there is nothing.
  /// - Parameter follows: false if a link there is itself what is asked for.
  public func identity(of path: String, follows: Bool = true) -> FileIdentity? {
    guard let opened = open(path, flags: nestaudit_o_path | (follows ? 0 : O_NOFOLLOW)) else {
      return nil
    }
    defer { close(opened) }
    return Self.identity(ofDescriptor: opened)
  }

  /// What is at a path, then each directory above it, up to where its mount begins; nil if a link is in the path
  /// or nothing is there.
  public func ancestry(of path: String) -> [FileIdentity]? {
    var found: [FileIdentity] = []
    var parts = path.pathNames
    var isWhole = false
    while true {
      let place = "/" + parts.joined(separator: "/")
      guard let opened = open(place, flags: nestaudit_o_path | O_NOFOLLOW) else { return nil }
      defer { close(opened) }
      var status = stat()
      guard fstat(opened, &status) == 0, status.st_mode & S_IFMT != S_IFLNK,
        let identity = Self.identity(ofDescriptor: opened)
      else { return nil }
      if !isWhole { found.append(identity) }
      // What is mounted here may be a part of its file system, whose directories above are others.
      isWhole = isWhole || nestaudit_is_mount_root(opened)
      if parts.popLast() == nil { return found }
    }
  }

  static func identity(ofDescriptor descriptor: Int32) -> FileIdentity? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return FileIdentity(
      dev: kernelDevice(status.st_dev), ino: UInt64(status.st_ino),
      isDirectory: status.st_mode & S_IFMT == S_IFDIR)
  }

  /// From the form in which stat(2) gives a device (bits/sysmacros.h) to the kernel's own.
  static func kernelDevice(_ device: dev_t) -> UInt32 {
    let major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfff)
    let minor = (device & 0xff) | (device >> 12 & ~0xff)
    return UInt32(truncatingIfNeeded: major << 20 | minor & 0xfffff)
  }
}
