import CNestaudit
import Synchronization

/// A kernel's version, where it decides what the kernel's audit writes.
public struct KernelRelease: Comparable, Sendable {
  private let version: UInt32

  init(_ major: UInt32, _ minor: UInt32) { version = nestaudit_version(major, minor) }

  /// From what uname(2) says: "6.12.43-cloud-amd64".
  init(uname release: String) { version = nestaudit_version_of(release) }

  private init(version: UInt32) { self.version = version }

  /// The one that the events are from: this machine's, unless another one was assumed before anything was rendered.
  static let running = assumed.withLock { $0 } ?? KernelRelease(version: nestaudit_kernel_version())

  private static let assumed = Mutex<KernelRelease?>(nil)

  /// Has records be those of another kernel; to be called before the first one is made.
  /// - Parameter release: as uname(2) says it.
  public static func assume(_ release: String) {
    assumed.withLock { $0 = KernelRelease(uname: release) }
  }

  /// Whether it is older.
  public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    left.version < right.version
  }
}
