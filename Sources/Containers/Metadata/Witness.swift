import CNestaudit
import Glibc

/// A process that may know of a container: whoever made its cgroup, and those that look after it.
///
/// All is read through one descriptor of /proc/PID, which leads to nobody else when the number is another's.
struct Witness: ~Copyable {
  /// The most that is read of a command line.
  private static let longestCommand = 65536

  let process: UInt32
  /// Its effective uid, on the host.
  let uid: UInt32
  /// Its parent; 0 if that is in a PID namespace outside of ours.
  let parent: UInt32
  /// The inode of its PID namespace.
  let pidNamespace: UInt64
  /// When it was started, in ticks since boot.
  let startTime: UInt64
  private let directory: Int32

  /// nil if there is none, or none that can be looked at.
  init?(_ process: UInt32) {
    guard process != 0 else { return nil }
    let directory = Glibc.open("/proc/\(process)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { return nil }
    let lines = Self.read(directory, "status", limit: 16384).split(separator: UInt8(ascii: "\n"))
      .map { Substring(decoding: $0, as: UTF8.self) }
    var status = stat()
    guard let parent = ProcessFile.numbers(lines, "PPid").first,
      case let uids = ProcessFile.numbers(lines, "Uid"), uids.count == 4,
      fstatat(directory, "ns/pid", &status, 0) == 0,
      let started = ProcessFile.statField(Self.read(directory, "stat", limit: 4096), 22)
    else {
      close(directory)
      return nil
    }
    self.process = process
    self.parent = parent
    uid = uids[1]
    pidNamespace = UInt64(status.st_ino)
    startTime = started
    self.directory = directory
  }

  deinit { close(directory) }

  /// Its arguments as it has them now.
  func arguments() -> [String] {
    var bytes = Self.read(directory, "cmdline", limit: Self.longestCommand)
    if bytes.last == 0 { bytes.removeLast() }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Its path in the v2 hierarchy.
  func cgroupPath() -> String? {
    ProcessFile.cgroupPath(in: Self.read(directory, "cgroup", limit: 65536))
  }

  /// The mounts of its mount namespace (proc_pid_mountinfo(5)).
  func mounts() -> [Substring] {
    Self.read(directory, "mountinfo", limit: MountPoints.mostBytes)
      .split(separator: UInt8(ascii: "\n")).map { Substring(decoding: $0, as: UTF8.self) }
  }

  /// Its working directory, as a path.
  func workingDirectory() -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
      let count = readlinkat(directory, "cwd", buffer.baseAddress!, buffer.count)
      guard count > 0 else { return nil }
      return String(decoding: UnsafeRawBufferPointer(buffer)[..<count], as: UTF8.self)
    }
  }

  /// A path that it was given, from the root of what it sees; nil if it is gone.
  func absolute(_ path: String) -> String? {
    if path.isAbsolutePath { return path }
    return workingDirectory().map { path.isEmpty ? $0 : $0 + "/" + path }
  }

  /// Whether it is in the collector's own PID namespace.
  var isOurs: Bool {
    var status = stat()
    return stat("/proc/self/ns/pid", &status) == 0 && UInt64(status.st_ino) == pidNamespace
  }

  /// The files that it can see. What is not its own is not believed, nor read, on the word of a process without privileges.
  /// - Parameter owner: the uid that files have to belong to besides, for a process with privileges.
  func files(ownedBy owner: UInt32? = nil) -> StateFiles? {
    let root = openat(directory, "root", nestaudit_o_path | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { return nil }
    return StateFiles(ContainerRoot(adopting: root), owner: uid == 0 ? owner : uid)
  }

  private static func read(_ directory: Int32, _ name: String, limit: Int) -> [UInt8] {
    let descriptor = openat(directory, name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    return ContainerRoot.content(of: descriptor, limit: limit) ?? []
  }
}
