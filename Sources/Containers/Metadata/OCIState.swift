/// What crun (`status`) and runc (`state.json`) keep of a container below their `--root`.
struct OCIState {
  /// The directory of its config.json.
  let bundle: String
  let created: String?
  private let cgroup: String?

  /// nil if neither has a container of this name there.
  init?(_ directory: String, id: String, files: borrowing StateFiles) {
    if let status = files.json(CrunStatus.self, at: "\(directory)/\(id)/status") {
      bundle = status.bundle
      created = status.created
      cgroup = status.cgroup
    } else if let state = files.json(RuncState.self, at: "\(directory)/\(id)/state.json"),
      // libcontainer/utils, SearchLabels: the bundle is a label.
      let label = state.config.labels?.first(where: { $0.hasPrefix("bundle=") })
    {
      bundle = String(label.dropFirst("bundle=".count))
      created = state.created
      cgroup = state.config.cgroups?.path
    } else {
      return nil
    }
  }

  /// Whether it is the container of this cgroup: names come again.
  func isOf(cgroup path: String) -> Bool {
    guard let cgroup, case let parts = cgroup.pathNames, !parts.isEmpty else { return true }
    return CgroupForm.withoutInner(path).suffix(parts.count).elementsEqual(parts)
      || path.pathNames.suffix(parts.count).elementsEqual(parts)
  }

  private struct CrunStatus: Decodable {
    let bundle: String
    let created: String?
    let cgroup: String?

    enum CodingKeys: String, CodingKey {
      case bundle, created
      case cgroup = "cgroup-path"
    }
  }

  private struct RuncState: Decodable {
    let created: String?
    let config: Configuration

    struct Configuration: Decodable {
      let labels: [String]?
      let cgroups: Cgroups?
    }

    struct Cgroups: Decodable {
      let path: String?
    }
  }
}
