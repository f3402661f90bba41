import CNestaudit
import Glibc

/// Stops everything in a cgroup, and what is below it, and lets it go on: `cgroup.freeze` (Linux 5.2), which needs no controller, so
/// that it is there beside v1's hierarchies too.
///
/// A cgroup is known by its id: what has its path by now is another one, and a path may be too long for anybody. The file belongs
/// to root, who needs no capability to write to it.
public final class CgroupFreezer: Sendable {
  /// What came of it.
  public enum Outcome: Equatable, Sendable {
    /// It was asked to stop, or to go on, and was not before.
    case done
    /// It was so already.
    case wasSo
    /// There is no such cgroup any more.
    case gone
    /// The kernel did not let us: why.
    case refused(String)
  }

  private let root: Int32
  private let mountPoint: String

  /// Holds the root of the hierarchy.
  public init(_ hierarchy: CgroupHierarchy) {
    mountPoint = hierarchy.mountPoint
    root = Glibc.open(hierarchy.mountPoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  }

  deinit { if root >= 0 { close(root) } }

  /// The file that says whether a cgroup stands still, for people.
  public func file(of path: String) -> String { mountPoint + path + "/cgroup.freeze" }

  /// Has everything in a cgroup stop, each task before it would go on in its program; does not wait for that.
  /// - Parameter cgroup: its id, the inode of its directory.
  public func freeze(_ cgroup: UInt64) -> Outcome { set("1", cgroup) }

  /// Has it go on.
  public func thaw(_ cgroup: UInt64) -> Outcome { set("0", cgroup) }

  /// Whether it is asked to stand still; nil if there is no such cgroup any more, or nothing can be read.
  public func isFrozen(_ cgroup: UInt64) -> Bool? {
    guard let opened = try? open(cgroup, O_RDONLY) else { return nil }
    defer { close(opened) }
    return Self.state(of: opened).map { $0 == "1" }
  }

  private enum Failure: Error {
    case gone
    case refused(Int32)
  }

  private func open(_ cgroup: UInt64, _ access: Int32) throws(Failure) -> Int32 {
    let directory = nestaudit_open_cgroup(root, cgroup)
    guard directory >= 0 else { throw directory == -ESTALE ? .gone : .refused(-directory) }
    defer { close(directory) }
    let opened = openat(directory, "cgroup.freeze", access | O_CLOEXEC | O_NOFOLLOW)
    guard opened >= 0 else { throw .refused(errno) }
    return opened
  }

  private static func state(of descriptor: Int32) -> Character? {
    var byte: UInt8 = 0
    return pread(descriptor, &byte, 1, 0) == 1 ? Character(UnicodeScalar(byte)) : nil
  }

  private func set(_ wanted: Character, _ cgroup: UInt64) -> Outcome {
    do throws(Failure) {
      let opened = try open(cgroup, O_RDWR)
      defer { close(opened) }
      if Self.state(of: opened) == wanted { return .wasSo }
      var byte = wanted.asciiValue!
      guard write(opened, &byte, 1) == 1 else { throw .refused(errno) }
      return .done
    } catch {
      switch error {
      case .gone: return .gone
      case .refused(let code): return .refused(String(cString: strerror(code)))
      }
    }
  }
}
