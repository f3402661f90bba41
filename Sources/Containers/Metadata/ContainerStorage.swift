import FoundationEssentials

/// A graph root of containers/storage, with a container of podman's or CRI-O's in it.
///
/// | below the graph root | has |
/// |---|---|
/// | `DRIVER-containers/ID/userdata/` | the bundle |
/// | `DRIVER-containers/containers.json` | names and the image's name, of all containers |
/// | `libpod/bolt_state.db` | all that podman knows; newer ones have an SQLite database, which is not read |
struct ContainerStorage {
  private let graphRoot: String
  private let driverDirectory: String
  private let id: String

  /// Finds it by a bundle; nil if it is nowhere like that.
  init?(bundle: String) {
    let parts = bundle.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    guard parts.count > 3, parts.last == "userdata", parts[parts.count - 3].hasSuffix("-containers")
    else { return nil }
    id = String(parts[parts.count - 2])
    graphRoot = "/" + parts.dropLast(3).joined(separator: "/")
    driverDirectory = "\(graphRoot)/\(parts[parts.count - 3])"
  }

  /// Where the bundle of a container may be below a graph root.
  static func bundles(_ graphRoot: String, id: String) -> [String] {
    ["overlay", "vfs", "btrfs"].map { "\(graphRoot)/\($0)-containers/\(id)/userdata" }
  }

  /// What is there of the container.
  func metadata(_ files: borrowing StateFiles, isOurs: Bool) -> PartialMetadata {
    var told = PartialMetadata()
    told.id = id
    if let database = files.bolt("\(graphRoot)/libpod/bolt_state.db"),
      let bytes = database.value("ctr", id, "config"),
      let config = StateFiles.decode(PodmanContainer.self, bytes)
    {
      told.runtime = .podman
      told.name = config.name
      told.image = config.rootfsImageName
      told.labels = config.labels?.values ?? [:]
      told.created = config.createdTime
      if let pod = config.pod, let bytes = database.value("pod", pod, "config") {
        told.pod = StateFiles.decode(PodmanPod.self, bytes)?.name
      }
    }
    // A list of somebody else's: all of it is read for one container, again and again.
    let limit = isOurs ? StateFiles.largestList : StateFiles.largestFile
    let list = files.json([Entry].self, at: "\(driverDirectory)/containers.json", limit: limit)
    if let entry = list?.first(where: { $0.id == id }) {
      let details = entry.metadata.flatMap { StateFiles.decode(Details.self, $0.utf8) }
      var listed = PartialMetadata()
      // Where CRI-O writes, its names are made of all that annotations say better.
      listed.name = details?.isPodman == true ? entry.names?.first : nil
      listed.image = details?.image
      listed.created = entry.created
      told.fill(from: listed)
    }
    return told
  }

  private struct PodmanContainer: Decodable {
    let name: String?
    let rootfsImageName: String?
    let labels: TextObject?
    let createdTime: String?
    let pod: String?
  }

  private struct PodmanPod: Decodable { let name: String? }

  private struct Entry: Decodable {
    let id: String?
    let names: [String]?
    let metadata: String?
    let created: String?
  }

  private struct Details: Decodable {
    let image: String?
    let pod: String?
    /// CRI-O has a pod's name there too.
    var isPodman: Bool { pod == nil }

    enum CodingKeys: String, CodingKey {
      case image = "image-name"
      case pod = "pod-name"
    }
  }
}
