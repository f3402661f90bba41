import CNestaudit
import Glibc

/// The v2 hierarchy, where it is mounted: cgroups by path and by id.
public struct CgroupHierarchy: Sendable {
  /// Where the hierarchy is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside v1.
  public let mountPoint: String

  /// Finds the mount; nil if no cgroup2 with its whole tree is mounted here.
  public init?() {
    let mounts = ProcessFile.lines("/proc/self/mountinfo") ?? []
    for line in mounts {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count, fields.count > 4,
        fields[dash + 1] == "cgroup2", fields[3] == "/"
      else { continue }
      mountPoint = String(fields[4])
      return
    }
    return nil
  }

  /// One that is mounted nowhere: it has no cgroup.
  public static let absent = CgroupHierarchy(mountPoint: "/proc/self/nowhere")

  private init(mountPoint: String) { self.mountPoint = mountPoint }

  /// The id of a cgroup, that is the inode of its directory.
  public func id(of path: String) -> UInt64? {
    var status = stat()
    guard (mountPoint + path).withPath({ stat($0, &status) }) == 0 else { return nil }
    return UInt64(status.st_ino)
  }

  /// Whether there is a cgroup with this id: at its path, or wherever it is if that is too long for anybody. With
  /// CAP_DAC_READ_SEARCH.
  public func has(_ id: UInt64, at path: String) -> Bool {
    if self.id(of: path) == id { return true }
    let root = open(mountPoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard root >= 0 else { return false }
    defer { close(root) }
    let found = nestaudit_open_cgroup(root, id)
    if found >= 0 { close(found) }
    return found >= 0
  }

  /// How many processes are in a cgroup and below it; nil if it is gone.
  public func processCount(_ path: String) -> Int? {
    guard let own = ProcessFile.lines(mountPoint + path + "/cgroup.procs") else { return nil }
    return children(of: path).reduce(own.count) { $0 + (processCount($1) ?? 0) }
  }

  /// Some processes of a cgroup itself, `most` at the most.
  public func processes(in path: String, most: Int) -> [UInt32] {
    (ProcessFile.lines(mountPoint + path + "/cgroup.procs") ?? []).prefix(most).compactMap {
      UInt32($0)
    }
  }

  /// Every cgroup below `path`, outer ones first.
  public func descendants(of path: String) -> [String] {
    children(of: path).flatMap { [$0] + descendants(of: $0) }
  }

  private func children(of path: String) -> [String] {
    guard let directory = (mountPoint + path).withPath({ opendir($0) }) else { return [] }
    defer { closedir(directory) }
    var found: [String] = []
    while let entry = readdir(directory) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(path: $0.prefix { $0 != 0 }) }
      if name != "." && name != ".." { found.append((path == "/" ? "" : path) + "/" + name) }
    }
    return found
  }
}
