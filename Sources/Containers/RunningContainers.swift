/// The containers that run already, found as their births are told apart in BPF (bpf/lib/container.h): the
/// first process of a PID namespace, in a cgroup that is not its parent's; and by the paths of cgroups.
public enum RunningContainers {
  /// All of them, outer ones first.
  /// - Parameter isContainer: whether a cgroup is a container by its path alone.
  public static func find(
    in hierarchy: CgroupHierarchy, isContainer: (String) -> Bool
  ) -> [Container] {
    var found: [[UInt8]: Container] = [:]
    for pid in ProcessFile.processes() {
      guard let status = ProcessFile.lines("/proc/\(pid)/status") else { continue }
      let pids = ProcessFile.numbers(status, "NSpid")
      guard pids.count > 1, pids.last == 1,
        let parent = ProcessFile.numbers(status, "PPid").first,
        let path = ProcessFile.cgroupPath(pid), path != "/",
        ProcessFile.cgroupPath(parent) != path
      else { continue }
      found[Array(path.utf8)] = container(at: path, of: pid, pids, in: hierarchy)
    }
    for path in hierarchy.descendants(of: "/")
    where found[Array(path.utf8)] == nil && isContainer(path)
      && !found.values.contains(where: { $0.cgroupPath.isPath(below: path) })
    {
      guard let pid = hierarchy.processes(in: path, most: 1).first,
        let status = ProcessFile.lines("/proc/\(pid)/status")
      else { continue }
      found[Array(path.utf8)] = container(
        at: path, of: pid, ProcessFile.numbers(status, "NSpid"), in: hierarchy)
    }
    let containers = Array(found.values)
    return containers.sorted {
      (depth($0.cgroupPath), $0.contid) < (depth($1.cgroupPath), $1.contid)
    }
    .map { withOuter($0, among: containers) }
  }

  /// A container that begins with this process, in the cgroup where it is; nil if the process or the cgroup is gone.
  public static func beginning(
    with pid: UInt32, in hierarchy: CgroupHierarchy
  ) -> Container? {
    guard let status = ProcessFile.lines("/proc/\(pid)/status"),
      let path = ProcessFile.cgroupPath(pid)
    else { return nil }
    return container(at: path, of: pid, ProcessFile.numbers(status, "NSpid"), in: hierarchy)
  }

  private static func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }

  private static func container(
    at path: String, of pid: UInt32, _ pids: [UInt32], in hierarchy: CgroupHierarchy
  ) -> Container? {
    guard !pids.isEmpty, let contid = hierarchy.id(of: path),
      let namespace = ProcessFile.namespace(pid, "pid"),
      let uids = ProcessFile.idMap(pid, "uid_map"), let gids = ProcessFile.idMap(pid, "gid_map")
    else { return nil }
    return Container(
      contid: contid, outer: nil, cgroupPath: path, pids: pids,
      pidNamespace: pids.count > 1 ? namespace : 0, isShared: pids.last != 1, uidMap: uids,
      gidMap: gids)
  }

  /// The innermost of `containers` whose cgroup is above this one.
  static func withOuter(_ container: Container, among containers: [Container]) -> Container {
    let outer =
      containers
      .filter { container.cgroupPath.isPath(below: $0.cgroupPath) }
      .max { $0.cgroupPath.utf8.count < $1.cgroupPath.utf8.count }
    return container.placed(in: outer?.contid)
  }
}
