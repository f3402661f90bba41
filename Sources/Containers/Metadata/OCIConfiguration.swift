import FoundationEssentials

/// A bundle's config.json (https://github.com/opencontainers/runtime-spec), as far as it says who the container is.
struct OCIConfiguration: Decodable {
  private let annotations: TextObject?
  private let linux: Linux?
  private let mounts: [Mount]?

  private struct Linux: Decodable { let cgroupsPath: String? }

  private struct Mount: Decodable {
    let destination: String?
    let source: String?
  }

  /// Whether it asks for a cgroup, by path (`a/b`) or of systemd (`slice:prefix:name`), that is this one.
  /// - Parameter id: the container's, which names the cgroup where nothing is asked for.
  func isOf(cgroup path: String, id: String?) -> Bool {
    let components = CgroupForm.withoutInner(path)
    guard let wanted = linux?.cgroupsPath, !wanted.isEmpty else {
      return id != nil && components.last.map(String.init) == id
    }
    let unit = wanted.split(separator: ":", omittingEmptySubsequences: false)
    if unit.count == 3 {
      let name = unit[1].isEmpty ? String(unit[2]) : "\(unit[1])-\(unit[2])"
      return components.last.map(String.init) == name + (name.hasSuffix(".slice") ? "" : ".scope")
    }
    let parts = wanted.pathNames
    return !parts.isEmpty
      && (components.suffix(parts.count).elementsEqual(parts)
        || path.pathNames.suffix(parts.count).elementsEqual(parts))
  }

  /// The directory in which dockerd keeps what it knows of the container: it has the container's /etc/hostname.
  func dockerDirectory(id: String) -> String? {
    let end = "/containers/\(id)/hostname"
    return mounts?.prefix(1024).lazy
      .filter { $0.destination == "/etc/hostname" }.compactMap(\.source)
      .first { $0.hasSuffix(end) }.map { String($0.dropLast("/hostname".count)) }
  }

  /// What its annotations say; they are in words of their own for each engine.
  func metadata() -> PartialMetadata {
    var told = PartialMetadata()
    let all = annotations?.values ?? [:]
    // Kubernetes through containerd (containerd, internal/cri/annotations); a pod's own container has no name there, and gets CRI-O's.
    let isSandbox =
      all["io.kubernetes.cri.container-type"] == "sandbox"
      || all["io.kubernetes.cri-o.ContainerType"] == "sandbox"
    told.name =
      all["io.kubernetes.cri.container-name"] ?? all["io.kubernetes.container.name"]
      ?? all["nerdctl/name"] ?? (isSandbox ? "POD" : nil)
    told.image =
      all["io.kubernetes.cri.image-name"] ?? all["io.kubernetes.cri-o.UserRequestedImage"]
      ?? all["io.kubernetes.cri-o.ImageName"] ?? all["org.opencontainers.image.ref.name"]
    told.pod = all["io.kubernetes.cri.sandbox-name"] ?? all["io.kubernetes.pod.name"]
    told.podNamespace =
      all["io.kubernetes.cri.sandbox-namespace"] ?? all["io.kubernetes.pod.namespace"]
    told.created = all["io.kubernetes.cri-o.Created"]
    if all["io.kubernetes.cri.container-type"] != nil { told.runtime = .containerd }
    if all["io.container.manager"] == "cri-o" || all["io.kubernetes.cri-o.ContainerName"] != nil {
      told.runtime = .crio
    }
    if all["io.container.manager"] == "libpod" { told.runtime = .podman }
    // CRI-O has both as texts of JSON in annotations; the rest of its own is its bookkeeping.
    told.labels = Self.object(all["io.kubernetes.cri-o.Labels"])
    told.annotations = Self.object(all["io.kubernetes.cri-o.Annotations"]).merging(
      all.filter { !$0.key.hasPrefix("io.kubernetes.cri-o.") }
    ) { nested, _ in nested }
    return told
  }

  private static func object(_ text: String?) -> [String: String] {
    text.flatMap { StateFiles.decode(TextObject.self, $0.utf8)?.values } ?? [:]
  }
}
