import CNestaudit

/// A kernel's version, where it decides what the kernel's audit writes.
struct KernelRelease: Comparable {
  private let version: UInt32

  init(_ major: UInt32, _ minor: UInt32) { version = nestaudit_version(major, minor) }

  /// From what uname(2) says: "6.12.43-cloud-amd64".
  init(uname release: String) { version = nestaudit_version_of(release) }

  private init(version: UInt32) { self.version = version }

  static let running = KernelRelease(version: nestaudit_kernel_version())

  static func < (left: KernelRelease, right: KernelRelease) -> Bool { left.version < right.version }
}
