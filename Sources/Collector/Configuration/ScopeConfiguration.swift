import Glibc

/// What a daemon stands for, by scope.conf.
public struct ScopeConfiguration: Sendable, Equatable {
  /// The host, and so everything.
  public var isHost = false
  /// Of the container's name, runtime id or contid.
  public var container: String?
  /// Of the path of the container's root cgroup.
  public var cgroup: String?
  /// A daemon of its own for each container; otherwise one for all.
  public var isPerContainer = true
  /// `auid = unset-matches`: a condition on auid is met by a task whose auid is unset.
  public var unsetAUIDMatches = false
  /// Instead of the directory's name.
  public var name: String?
  /// How much the daemon may take up.
  public var quotas = Quotas()
  /// What others than root of the container may do.
  public var permissions = Permissions()
  /// The line that gives the name.
  var nameLine: Int?

  private enum Instance: String, CaseIterable {
    case shared
    case perContainer = "per-container"
  }

  private enum AUID: String, CaseIterable {
    case kernel
    case unsetMatches = "unset-matches"
  }

  private enum Answer: String, CaseIterable {
    case yes
    case no
  }

  /// Stands for nothing yet.
  public init() {}

  /// Reads scope.conf.
  static func parse(_ text: String, file: String) throws(ConfigurationError) -> Self {
    let values = try KeyValueFile(
      text, file: file,
      known: ["host", "container", "cgroup", "instance", "name", "auid"]
        + Quotas.keys + Permissions.keys)
    var scope = ScopeConfiguration()
    scope.isHost = try values.choice("host", default: Answer.no) == .yes
    scope.container = values["container"]?.value
    scope.cgroup = values["cgroup"]?.value
    scope.isPerContainer =
      try values.choice("instance", default: Instance.perContainer) == .perContainer
    scope.unsetAUIDMatches = try values.choice("auid", default: AUID.kernel) == .unsetMatches
    scope.quotas = try Quotas(values)
    scope.permissions = try Permissions(values)
    scope.name = values["name"]?.value
    scope.nameLine = values["name"]?.line
    if scope.isHost, let other = values["container"] ?? values["cgroup"] ?? values["instance"] {
      throw ConfigurationError(
        file, line: other.line, "'\(other.key)' does not go with 'host = yes'; remove one of them")
    }
    if !scope.isHost, scope.container == nil, scope.cgroup == nil {
      throw ConfigurationError(
        file,
        "says nothing of what the daemon stands for; give 'host = yes', 'container = GLOB' or 'cgroup = GLOB'"
      )
    }
    return scope
  }

  /// Whether a container is meant: all globs that are given must match.
  func matches(name: String, runtimeID: String, contid: UInt64, cgroupPath: String) -> Bool {
    if isHost { return false }
    if let container {
      let names = [name, runtimeID, String(contid)]
      guard names.contains(where: { fnmatch(container, $0, 0) == 0 }) else { return false }
    }
    if let cgroup, fnmatch(cgroup, cgroupPath, 0) != 0 { return false }
    return container != nil || cgroup != nil
  }

  /// Whether a container's name or id is given, without a wildcard.
  var namesOneContainer: Bool { container?.contains { "*?[\\".contains($0) } == false }

  /// In a line.
  var text: String {
    if isHost { return "host" }
    var parts: [String] = []
    if let container { parts.append("container=\(container)") }
    if let cgroup { parts.append("cgroup=\(cgroup)") }
    parts.append("instance=\(isPerContainer ? "per-container" : "shared")")
    return parts.joined(separator: " ")
  }
}
