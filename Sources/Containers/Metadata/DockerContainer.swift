/// What dockerd keeps of a container in `DATA-ROOT/containers/ID/config.v2.json`.
struct DockerContainer: Decodable {
  private let name: String?
  private let created: String?
  private let config: Configuration?

  private struct Configuration: Decodable {
    let image: String?
    let labels: TextObject?

    enum CodingKeys: String, CodingKey {
      case image = "Image"
      case labels = "Labels"
    }
  }

  enum CodingKeys: String, CodingKey {
    case name = "Name"
    case created = "Created"
    case config = "Config"
  }

  /// Names have a slash in front, from the time of links.
  func metadata() -> PartialMetadata {
    var told = PartialMetadata()
    told.runtime = .docker
    told.name = name.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    told.image = config?.image
    told.labels = config?.labels?.values ?? [:]
    told.created = created
    return told
  }
}
