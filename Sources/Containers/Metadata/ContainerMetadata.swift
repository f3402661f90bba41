/// What a container's runtime has on disk of it. All of it may come from whoever made the container: it says what he says.
public struct ContainerMetadata: Equatable, Sendable, Codable {
  /// The most labels that are taken, by key in order; annotations come behind labels.
  public static let mostLabels = 64
  /// The longest key of a label, in bytes; what is longer is left out.
  public static let longestKey = 256
  /// The longest value of a label, likewise.
  public static let longestValue = 4096

  /// What made it.
  public var runtime: Runtime
  /// Its identifier in its runtime.
  public var id: String
  /// What people call it, as `SafeName` writes it; nil where nobody gave it a name.
  public var name: String?
  /// The image that it was made from, as whoever made it wrote it: `busybox:1`. For LXC and systemd-nspawn what its files are in.
  public var image: String?
  /// Labels, and annotations where no label has the same key. May hold any character.
  public var labels: [String: String]
  /// The pod that it is in, Kubernetes's or podman's.
  public var pod: String?
  /// The Kubernetes namespace of the pod.
  public var podNamespace: String?
  /// When it was made, as it is on disk.
  public var created: String?

  /// A container of which this is known.
  public init(
    runtime: Runtime, id: String, name: String? = nil, image: String? = nil,
    labels: [String: String] = [:], pod: String? = nil, podNamespace: String? = nil,
    created: String? = nil
  ) {
    self.runtime = runtime
    self.id = id
    self.name = name
    self.image = image
    self.labels = labels
    self.pod = pod
    self.podNamespace = podNamespace
    self.created = created
  }
}

/// What one file or command line tells; the rest is for others to tell.
struct PartialMetadata {
  var runtime: Runtime?
  var id: String?
  var name: String?
  var image: String?
  var labels: [String: String] = [:]
  var annotations: [String: String] = [:]
  var pod: String?
  var podNamespace: String?
  var created: String?

  /// Takes over what is not known yet.
  mutating func fill(from other: PartialMetadata) {
    runtime = runtime ?? other.runtime
    id = Self.first(id, other.id)
    name = Self.first(name, other.name)
    image = Self.first(image, other.image)
    labels.merge(other.labels) { known, _ in known }
    annotations.merge(other.annotations) { known, _ in known }
    pod = Self.first(pod, other.pod)
    podNamespace = Self.first(podNamespace, other.podNamespace)
    created = Self.first(created, other.created)
  }

  /// An empty text is none.
  private static func first(_ known: String?, _ other: String?) -> String? {
    if let known, !known.isEmpty { return known }
    return other?.isEmpty == true ? nil : other
  }

  /// The whole, within all limits.
  /// - Parameters:
  ///   - form: what the cgroup's path says, which is the runtime's word unless somebody else's files were found.
  ///   - path: the cgroup's.
  func metadata(form: CgroupForm?, path: String) -> ContainerMetadata {
    let known = id ?? form?.id ?? CgroupName(path: path).runtimeID
    return ContainerMetadata(
      runtime: runtime ?? form?.runtime ?? .cgroup, id: SafeName.make(known, limit: 255),
      name: name.map { SafeName.make($0) }, image: Self.line(image, 1024),
      labels: boundedLabels, pod: pod.map { SafeName.make($0, limit: 253) },
      podNamespace: podNamespace.map { SafeName.make($0, limit: 253) },
      created: Self.line(created, 64))
  }

  private var boundedLabels: [String: String] {
    var taken: [String: String] = [:]
    for source in [labels, annotations] {
      for (key, value) in source.sorted(by: { $0.key < $1.key })
      where taken.count < ContainerMetadata.mostLabels && taken[key] == nil {
        guard !key.isEmpty, key.utf8.count <= ContainerMetadata.longestKey,
          value.utf8.count <= ContainerMetadata.longestValue
        else { continue }
        taken[key] = value
      }
    }
    return taken
  }

  /// A text of one line; nil if it is none, or longer than anything of its kind.
  private static func line(_ text: String?, _ limit: Int) -> String? {
    guard let text, !text.isEmpty, text.utf8.count <= limit,
      text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
    else { return nil }
    return text
  }
}
