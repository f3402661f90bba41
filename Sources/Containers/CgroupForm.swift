/// What the path of a cgroup says: which runtime made it, for which container, and whether it is the container's root.
///
/// A path says no more than whoever made the cgroup wanted it to. What a form's container is called is on disk: `MetadataQuestion`.
public struct CgroupForm: Equatable, Sendable {
  /// Who makes cgroups of this form. What Kubernetes makes without a runtime's name is taken for containerd's.
  public let runtime: Runtime
  /// The identifier as the runtime has it: 64 hexadecimal digits, or a name, which may have any characters but `/`.
  public let id: String
  /// Whether the container's root cgroup is this one: not one that a runtime or the container has made below it, nor
  /// the one of a helper (conmon, a monitor, a supervisor).
  public let isRoot: Bool
  /// The path of the container's root cgroup, this one or one above; nil for a helper's.
  public let rootPath: String?

  /// Reads a path from the root of a hierarchy; of several forms in it the last one counts. nil if no runtime makes such paths,
  /// or only to hold several containers (`/kubepods/burstable/pod…`).
  public init?(path: String) {
    let components = path.pathNames
    for end in stride(from: components.count, to: 0, by: -1) {
      guard let (row, id) = CgroupRow.match(components[..<end]), row.kind != .inner else {
        continue
      }
      runtime = row.runtime
      self.id = id
      isRoot = row.kind == .root && end == components.count
      rootPath = row.kind == .root ? "/" + components[..<end].joined(separator: "/") : nil
      return
    }
    return nil
  }

  /// The forms of all containers that a path leads through, outermost first.
  public static func roots(in path: String) -> [CgroupForm] {
    let components = path.pathNames
    return components.indices.compactMap { last in
      CgroupForm(path: "/" + components[...last].joined(separator: "/"))
    }.filter(\.isRoot)
  }

  /// Whether a cgroup is a container's by its path alone: its root, or what a runtime makes in that for the container's
  /// processes.
  public static func isContainer(_ path: String) -> Bool {
    guard let form = CgroupForm(path: path) else { return false }
    let own = "/" + withoutInner(path).joined(separator: "/")
    return form.isRoot || form.rootPath == own
  }

  /// What runtimes and init systems make in a container's cgroup for the container's own processes.
  static let inner: Set<String> = ["container", "payload", "init", "init.scope", ".lxc"]

  /// A path without the last component if it is such a cgroup. A container may be called so: at the top it stays.
  static func withoutInner(_ path: String) -> [Substring] {
    let components = path.pathNames
    guard components.count > 1, inner.contains(String(components.last!)) else { return components }
    return components.dropLast()
  }
}
