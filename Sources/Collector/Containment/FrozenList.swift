internal import Containers
import Glibc
import Logging

/// What the collector has frozen to thaw it again, in a file of its state directory: written before it is frozen, so that
/// whoever comes after a collector that was killed thaws it.
struct FrozenList {
  /// A cgroup by its path and id.
  struct Cgroup: Equatable {
    let path: String
    let id: UInt64
  }

  private let file: String
  private(set) var cgroups: [Cgroup] = []

  init(in directory: String) { file = directory + "/frozen" }

  private static let boot = lines(of: "/proc/sys/kernel/random/boot_id")?.first ?? ""

  /// Writes one more down; false if that cannot be done: it must not be frozen then.
  mutating func add(_ cgroup: Cgroup) -> Bool {
    if cgroups.contains(cgroup) { return true }
    guard write(cgroups + [cgroup]) else { return false }
    cgroups.append(cgroup)
    return true
  }

  /// Forgets one that goes on.
  mutating func remove(_ cgroup: Cgroup) {
    cgroups.removeAll { $0 == cgroup }
    if cgroups.isEmpty { unlink(file) } else { _ = write(cgroups) }
  }

  /// No name of a cgroup has a newline (kernel/cgroup/cgroup.c, cgroup_mkdir).
  private func write(_ cgroups: [Cgroup]) -> Bool {
    let text = ([Self.boot] + cgroups.map { "\($0.id) \($0.path)" }).map { $0 + "\n" }.joined()
    let new = file + ".new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let bytes = Array(text.utf8)
    let isWhole = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    close(descriptor)
    return isWhole && rename(new, file) == 0
  }

  /// By bytes: a name may end with a carriage return.
  private static func lines(of file: String) -> [String]? {
    (try? TextFile.read(file))?.utf8.split(separator: UInt8(ascii: "\n")).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Thaws what an earlier collector with this state directory has left frozen.
  static func thawLeft(in directory: String, by freezer: CgroupFreezer, logger: Logger) {
    let file = directory + "/frozen"
    guard let lines = lines(of: file) else { return }
    defer { unlink(file) }
    // The ids are those of a boot.
    guard lines.first == boot else { return }
    for line in lines.dropFirst() {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, let id = UInt64(parts[0]) else { continue }
      let path = String(parts[1])
      switch freezer.thaw(id) {
      case .done: logger.notice("cgroup \(path) goes on: an earlier collector has left it frozen")
      case .wasSo, .gone: break
      case .refused(let reason):
        logger.error(
          "cgroup \(path) stays frozen: \(reason); thaw it: echo 0 > \(freezer.file(of: path))")
      }
    }
  }
}
