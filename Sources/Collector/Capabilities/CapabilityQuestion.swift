internal import AuditRecords
internal import Capture
internal import Containers
import CNestaudit
import Glibc

/// One version of a file: a change of its capabilities makes another one.
struct CapabilityFile: Hashable, Sendable {
  /// The kernel's number of its device.
  let dev: UInt32
  let ino: UInt64
  /// Time of its last change, nanoseconds since 1970.
  let ctime: UInt64

  init(_ object: event_object) {
    self.init(dev: object.dev, ino: object.ino, ctime: object.ctime)
  }

  init(dev: UInt32, ino: UInt64, ctime: UInt64) {
    self.dev = dev
    self.ino = ino
    self.ctime = ctime
  }

  /// Whether a later change will show: within one tick of the kernel's clock two changes have the same time.
  var isSettled: Bool {
    UInt64(Clock.read(CLOCK_REALTIME)) &- ctime > 100_000_000
  }
}

/// Which file is to be asked for its capabilities, and what may lead to it.
struct CapabilityQuestion: Sendable {
  let file: CapabilityFile
  /// A process that the path is one of; it may be gone.
  let process: UInt32
  /// One whose root is the container's, and its cgroup; the collector itself for the host.
  let initProcess: UInt32
  let cgroup: String?
  /// Absolute, NUL-terminated; nil if it is not known.
  let path: [CChar]?
  /// A link of /proc/PROCESS that leads to it, NUL-terminated: exe, fd/3.
  let link: [CChar]?
  let identifier: FileIdentifier

  /// Looks at it. Lasts as long as the container's file systems like.
  func answer() -> FileCapabilities? {
    if let link {
      // The last part is a magic link: what it leads to is checked below.
      let opened = open(link, nestaudit_o_path | O_CLOEXEC)
      if opened >= 0 {
        defer { close(opened) }
        if let found = capabilities(behind: opened) { return found }
      }
    }
    guard let path else { return nil }
    return capabilities(at: path, in: ContainerRoot(ofProcess: process, in: cgroup))
      ?? capabilities(at: path, in: ContainerRoot(ofProcess: initProcess, in: cgroup))
  }

  private func capabilities(
    at path: [CChar], in root: consuming ContainerRoot?
  ) -> FileCapabilities? {
    guard let root else { return nil }
    for flags in [nestaudit_o_path, nestaudit_o_path | O_NOFOLLOW] {
      guard let opened = root.open(path, flags: flags) else { continue }
      defer { close(opened) }
      if let found = capabilities(behind: opened) { return found }
    }
    return nil
  }

  /// Those of what is behind a descriptor, if it is the file asked for, and as it was.
  private func capabilities(behind descriptor: Int32) -> FileCapabilities? {
    guard let identity = identifier.identify(descriptor), identity.dev == file.dev,
      identity.ino == file.ino, identity.ctime == file.ctime
    else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 4) { value in
      let count = getxattr(
        "/proc/self/fd/\(descriptor)", "security.capability", value.baseAddress, value.count)
      if count >= 0 {
        return FileCapabilities(attribute: UnsafeRawBufferPointer(rebasing: value[..<count]))
      }
      // It is of no use to who is not root in the right namespace, or longer than one can be; or it is not there.
      return [ENODATA, ENOTSUP, EOVERFLOW, ERANGE].contains(errno) ? FileCapabilities.none : nil
    }
  }
}
