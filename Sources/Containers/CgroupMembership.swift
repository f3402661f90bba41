/// /proc/PID/cgroup: where a process is in each hierarchy (cgroups(7)).
///
/// | layout | text |
/// |---|---|
/// | v2 | `0::/system.slice/docker-….scope` |
/// | v1 | `12:pids:/docker/…`, one line a hierarchy, none with `0::` |
/// | hybrid | both; which of them a runtime uses is its own affair |
public enum CgroupMembership {
  /// The hierarchies of v1 in the order in which they are asked: all runtimes use those in front, not all the others.
  private static let controllers: [Substring] = [
    "name=systemd", "pids", "memory", "devices", "freezer", "cpu", "cpuacct", "cpuset", "blkio",
  ]

  /// The path of the process's container, from the whole text: that of v2 where it says something, else that of v1; nil if there is
  /// neither. A process in no container is where v2 has it.
  public static func path(in text: String) -> String? {
    var unified: String?
    var legacy: [Substring: String] = [:]
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(
        separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false
      ).map { Substring($0) }
      guard fields.count == 3 else { continue }
      if fields[0] == "0", fields[1].isEmpty {
        unified = String(fields[2])
      } else {
        for name in fields[1].split(separator: ",") { legacy[name] = String(fields[2]) }
      }
    }
    let paths = controllers.compactMap { legacy[$0] }
    if let unified, !saysLittle(unified) { return unified }
    return paths.first { CgroupForm(path: $0) != nil } ?? unified ?? paths.first { $0 != "/" }
      ?? paths.first
  }

  /// Whether a path of v2 is one that systemd gives to what it starts itself, containers or not.
  private static func saysLittle(_ path: String) -> Bool {
    CgroupForm(path: path) == nil
      && (path == "/" || path.hasSuffix(".service") || path.hasSuffix(".slice"))
  }
}
