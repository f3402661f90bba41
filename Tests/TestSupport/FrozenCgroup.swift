public import Foundation

/// The cgroup of a container that may stand still.
public struct FrozenCgroup: Sendable {
  /// Its cgroup.freeze.
  public let file: URL
  private let directory: URL

  /// That of a process, in the second version's hierarchy.
  public init(of pid: pid_t) throws {
    directory = URL(filePath: Machine.cgroups.path + (try ContainerArea.cgroup(of: pid).path))
    file = directory.appending(path: "cgroup.freeze")
  }

  /// Whether it is asked to stand still.
  public var isFrozen: Bool {
    get throws { try text("cgroup.freeze").hasPrefix("1") }
  }

  /// Whether all in it has stopped.
  public var standsStill: Bool {
    get throws { try text("cgroup.events").contains("frozen 1") }
  }

  /// What runs in it, by name.
  public var processes: [(pid: pid_t, name: String)] {
    get throws {
      try text("cgroup.procs").split(separator: "\n").compactMap { line in
        guard let pid = pid_t(line) else { return nil }
        let name = try? String(contentsOf: URL(filePath: "/proc/\(pid)/comm"), encoding: .utf8)
        return name.map { (pid, $0.trimmingCharacters(in: .newlines)) }
      }
    }
  }

  /// Has it go on.
  public func thaw() throws { try "0".write(to: file, atomically: false, encoding: .utf8) }

  private func text(_ name: String) throws -> String {
    try String(contentsOf: directory.appending(path: name), encoding: .utf8)
  }
}
