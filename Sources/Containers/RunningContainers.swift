import Glibc

/// The containers that run already, found as their births are told apart in BPF (bpf/lib/container.h): the
/// first process of a PID namespace, in a cgroup that is not its parent's.
public enum RunningContainers {
  /// All of them, outer ones first.
  public static func find(in hierarchy: CgroupHierarchy) -> [Container] {
    var found: [(level: Int, container: Container)] = []
    for pid in processes() {
      guard let status = ProcessFile.lines("/proc/\(pid)/status") else { continue }
      let pids = ProcessFile.numbers(status, "NSpid")
      guard pids.count > 1, pids.last == 1,
        let parent = ProcessFile.numbers(status, "PPid").first,
        let path = ProcessFile.cgroupPath(pid), path != "/",
        ProcessFile.cgroupPath(parent) != path,
        let contid = hierarchy.id(of: path),
        let namespace = ProcessFile.namespace(pid, "pid"),
        let uids = ProcessFile.idMap(pid, "uid_map"), let gids = ProcessFile.idMap(pid, "gid_map")
      else { continue }
      found.append(
        (
          level: pids.count,
          container: Container(
            contid: contid, outer: nil, cgroupPath: path, initPID: pid, pidNamespace: namespace,
            uidMap: uids, gidMap: gids)
        ))
    }
    let paths = found.map(\.container)
    return found.sorted { ($0.level, $0.container.contid) < ($1.level, $1.container.contid) }
      .map { withOuter($0.container, among: paths) }
  }

  /// The innermost of `containers` whose cgroup is above this one.
  private static func withOuter(_ container: Container, among containers: [Container]) -> Container
  {
    let outer =
      containers
      .filter { container.cgroupPath.hasPrefix($0.cgroupPath + "/") }
      .max { $0.cgroupPath.utf8.count < $1.cgroupPath.utf8.count }
    return Container(
      contid: container.contid, outer: outer?.contid, cgroupPath: container.cgroupPath,
      initPID: container.initPID, pidNamespace: container.pidNamespace,
      uidMap: container.uidMap, gidMap: container.gidMap)
  }

  private static func processes() -> [UInt32] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [UInt32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let pid = UInt32(name) { found.append(pid) }
    }
    return found
  }
}
