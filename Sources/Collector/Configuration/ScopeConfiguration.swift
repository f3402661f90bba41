internal import Containers
import Glibc

/// What a daemon stands for, by scope.conf.
public struct ScopeConfiguration: Sendable {
  /// The host, and so everything.
  public var isHost = false
  /// Of the container's name, runtime id or contid.
  public var container: String?
  /// Of the path of the container's root cgroup.
  public var cgroup: String?
  /// Of the name of its image.
  public var image: String?
  /// Each of these has to be among its labels and annotations, by a glob of the value; nil for any value.
  var labels: [(key: String, value: String?)] = []
  /// One of these has made it.
  var runtimes: [Runtime] = []
  /// Its audit container identifier.
  public var contid: UInt64?
  /// Of the name of its pod.
  public var pod: String?
  /// Of the namespace of Kubernetes that the pod is in.
  public var namespace: String?
  /// How many seconds the logs of containers that have ended are kept; nil: until somebody removes them.
  public var keep: Int64?
  /// A daemon of its own for each container; otherwise one for all.
  public var isPerContainer = true
  /// `auid = unset-matches`: a condition on auid is met by a task whose auid is unset.
  public var unsetAUIDMatches = false
  /// Instead of the directory's name.
  public var name: String?
  /// `contid.declare = yes`: root of the container may declare contids of what it makes.
  public var declares = false
  /// How much the daemon may take up.
  public var quotas = Quotas()
  /// What others than root of the container may do.
  public var permissions = Permissions()
  /// The line that gives the name.
  var nameLine: Int?

  /// What says which containers are meant.
  private static let selectors = [
    "container", "cgroup", "image", "label", "runtime", "contid", "pod", "namespace",
  ]

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
      known: Self.selectors + ["host", "instance", "name", "auid", "keep", "contid.declare"]
        + Quotas.keys + Permissions.keys)
    var scope = ScopeConfiguration()
    scope.isHost = try values.choice("host", default: Answer.no) == .yes
    scope.container = values["container"]?.value
    scope.cgroup = values["cgroup"]?.value
    scope.image = values["image"]?.value
    scope.pod = values["pod"]?.value
    scope.namespace = values["namespace"]?.value
    scope.labels = Self.labels(values["label"]?.value ?? "")
    scope.runtimes = try Self.runtimes(in: values)
    scope.contid = try Self.contid(in: values)
    scope.keep = try Self.seconds("keep", in: values)
    scope.isPerContainer =
      try values.choice("instance", default: Instance.perContainer) == .perContainer
    scope.unsetAUIDMatches = try values.choice("auid", default: AUID.kernel) == .unsetMatches
    scope.declares = try values.choice("contid.declare", default: Answer.no) == .yes
    scope.quotas = try Quotas(values)
    scope.permissions = try Permissions(values)
    scope.name = values["name"]?.value
    scope.nameLine = values["name"]?.line
    let given = values.entries.filter { Self.selectors.contains($0.key) }
    if scope.isHost,
      let other = given.first ?? values["instance"] ?? values["keep"] ?? values["contid.declare"]
    {
      throw ConfigurationError(
        file, line: other.line, "'\(other.key)' does not go with 'host = yes'; remove one of them")
    }
    if !scope.isHost, given.isEmpty {
      throw ConfigurationError(
        file,
        "says nothing of what the daemon stands for; give 'host = yes', 'container = GLOB' or another of \(Self.selectors.dropFirst().joined(separator: ", "))"
      )
    }
    return scope
  }

  /// "app=web tier=front* debug"
  private static func labels(_ text: String) -> [(key: String, value: String?)] {
    text.split(whereSeparator: \.isWhitespace).map { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    }
  }

  private static func runtimes(
    in values: KeyValueFile
  ) throws(ConfigurationError) -> [Runtime] {
    guard let entry = values["runtime"] else { return [] }
    var runtimes: [Runtime] = []
    for word in entry.value.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
      guard let runtime = Runtime(rawValue: word.lowercased()) else {
        let known = Runtime.allCases.map(\.rawValue).joined(separator: ", ")
        throw values.failure(entry, "give one or more of \(known)")
      }
      runtimes.append(runtime)
    }
    return runtimes
  }

  private static func contid(in values: KeyValueFile) throws(ConfigurationError) -> UInt64? {
    guard let entry = values["contid"] else { return nil }
    guard let contid = UInt64(entry.value), contid != 0, contid != .max else {
      throw values.failure(entry, "give a container identifier, as 'nestaudit ps' shows it")
    }
    return contid
  }

  /// "30 days", "12 hours", "30" days.
  private static func seconds(
    _ key: String, in values: KeyValueFile
  ) throws(ConfigurationError) -> Int64? {
    guard let entry = values[key] else { return nil }
    let units: [String: Int64] = [
      "day": 86400, "days": 86400, "hour": 3600, "hours": 3600, "week": 604_800, "weeks": 604_800,
    ]
    let words = entry.value.lowercased().split(whereSeparator: \.isWhitespace)
    guard let number = words.first.flatMap({ Int64($0) }), (0...36500).contains(number),
      words.count <= 2, let unit = words.count == 2 ? units[String(words[1])] : 86400
    else { throw values.failure(entry, "give a number of days, such as '30 days'") }
    return number * unit
  }

  /// Whether a container is meant: everything that is given must match. What a container says of those that it holds is no
  /// more than its word: they are known by name, behind its own, by cgroup and by contid.
  func matches(_ container: Container) -> Bool {
    if isHost { return false }
    if let contid, contid != container.number { return false }
    if let cgroup, fnmatch(cgroup, container.cgroupPath, 0) != 0 { return false }
    let isInner = container.outer != nil
    if let glob = self.container {
      let names =
        [container.name, String(container.number)] + (isInner ? [] : [container.runtimeID])
      guard names.contains(where: { fnmatch(glob, $0, 0) == 0 }) else { return false }
    }
    return matches(metadata: isInner ? nil : container.metadata)
  }

  private func matches(metadata: ContainerMetadata?) -> Bool {
    if !runtimes.isEmpty {
      guard let runtime = metadata?.runtime, runtimes.contains(runtime) else { return false }
    }
    for (glob, text) in [
      (image, metadata?.image), (pod, metadata?.pod), (namespace, metadata?.podNamespace),
    ] {
      guard let glob else { continue }
      guard let text, fnmatch(glob, text, 0) == 0 else { return false }
    }
    return labels.allSatisfy { key, glob in
      guard let value = metadata?.labels[key] else { return false }
      return glob.map { fnmatch($0, value, 0) == 0 } ?? true
    }
  }

  /// Whether a cgroup is a container by its path, whatever made it: an administrator has named it, or all of its kind.
  func namesCgroup(_ path: String) -> Bool {
    namesCgroups && fnmatch(cgroup!, path, 0) == 0
  }

  /// Whether there can be such a cgroup.
  var namesCgroups: Bool {
    guard let cgroup else { return false }
    return runtimes == [.cgroup] || !cgroup.contains { "*?[\\".contains($0) }
  }

  /// Whether a container's name or id is given, without a wildcard.
  var namesOneContainer: Bool {
    contid != nil
      || [container, cgroup].contains { $0?.contains { "*?[\\".contains($0) } == false }
  }

  /// In a line.
  var text: String {
    if isHost { return "host" }
    let labels = labels.map { label in label.value.map { "\(label.key)=\($0)" } ?? label.key }
    let given: [(String, String?)] = [
      ("container", container), ("cgroup", cgroup), ("image", image),
      ("label", labels.isEmpty ? nil : labels.joined(separator: ",")),
      ("runtime", runtimes.isEmpty ? nil : runtimes.map(\.rawValue).joined(separator: ",")),
      ("contid", contid.map(String.init)), ("pod", pod), ("namespace", namespace),
      ("instance", isPerContainer ? "per-container" : "shared"),
    ]
    return given.compactMap { key, value in value.map { "\(key)=\($0)" } }.joined(separator: " ")
  }
}
