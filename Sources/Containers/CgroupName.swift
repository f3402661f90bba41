/// What a container is called by its cgroup's path alone: its identifier in its runtime where the path has one (`CgroupForm`), else what
/// the cgroup is called.
public struct CgroupName: Equatable, Sendable {
  /// Fit for a directory's name (`SafeName`); of a hash the first 12 digits, as runtimes show it.
  public let name: String
  /// The identifier as the runtime has it.
  public let runtimeID: String

  /// Reads a path below the cgroup2 mount.
  public init(path: String) {
    let components =
      CgroupForm(path: path)?.isRoot == true
      ? path.pathNames : CgroupForm.withoutInner(path)
    let own = "/" + components.joined(separator: "/")
    if let form = CgroupForm(path: own), form.isRoot {
      runtimeID = form.id
    } else {
      var last = components.last ?? ""
      for suffix in [".scope", ".service"] where last.hasSuffix(suffix) {
        last.removeLast(suffix.count)
        break
      }
      runtimeID = String(last)
    }
    name = SafeName.make(runtimeID.isContainerHash ? runtimeID.prefix(12) : runtimeID[...])
  }
}
