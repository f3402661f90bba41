/// A bundle of containerd's: `STATE/io.containerd.runtime.v2.task/NAMESPACE/ID`.
struct ContainerdTask {
  /// The namespace of containerd's; `moby` is dockerd's.
  let namespace: String
  let id: String
  private let bundle: String

  /// nil if it is nowhere like that.
  init?(bundle: String) {
    let parts = bundle.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    guard parts.count > 3, parts[parts.count - 3].hasPrefix("io.containerd.runtime.v2.") else {
      return nil
    }
    self.bundle = bundle
    namespace = parts[parts.count - 2]
    id = parts[parts.count - 1]
  }

  /// Where the bundle of a container may be below a state directory.
  static func bundles(_ state: String, id: String) -> [String] {
    ["default", "k8s.io", "moby"].map { "\(state)/io.containerd.runtime.v2.task/\($0)/\(id)" }
  }

  /// What containerd's database says: nothing else has the image of a container that was made without the CRI.
  /// - Parameter mounts: of a process that sees the container's file system where containerd has mounted it. A layer of it tells where the
  ///   database is.
  func metadata(_ files: borrowing StateFiles, mounts: [Substring]) -> PartialMetadata {
    var told = PartialMetadata()
    told.id = id
    guard let root = Self.root(of: bundle, mounts),
      let database = files.bolt("\(root)/io.containerd.metadata.v1.bolt/meta.db")
    else { return told }
    told.image = database.value("v1", namespace, "containers", id, "image").map {
      String(decoding: $0, as: UTF8.self)
    }
    told.labels = database.texts(
      limit: ContainerMetadata.mostLabels, in: "v1", namespace, "containers", id, "labels")
    return told
  }

  /// containerd's `root`, from the options of the overlay that is mounted on a bundle's root file system.
  static func root(of bundle: String, _ mounts: [Substring]) -> String? {
    for line in mounts.reversed() {
      let fields = line.split(separator: " ")
      guard fields.count > 6, fields[4] == bundle + "/rootfs", let options = fields.last else {
        continue
      }
      for option in options.split(separator: ",") {
        guard let start = option.firstIndex(of: "="),
          ["upperdir", "lowerdir"].contains(option[..<start]),
          let end = option.firstRange(of: "/io.containerd.snapshotter.")
        else { continue }
        return String(option[option.index(after: start)..<end.lowerBound])
      }
    }
    return nil
  }
}
