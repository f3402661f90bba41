/// LXC's `DIRECTORY/NAME/config` (lxc.container.conf(5)); what it includes is not looked at.
struct LXCConfiguration {
  private let values: [(key: Substring, value: Substring)]

  init(_ lines: [Substring]) {
    values = lines.compactMap { line in
      let parts = line.split(separator: "=", maxSplits: 1).map(Self.trimmed)
      return parts.count == 2 && !parts[0].hasPrefix("#") ? (parts[0], parts[1]) : nil
    }
  }

  /// Its root file system stands for the image, its groups for labels.
  func metadata() -> PartialMetadata {
    var told = PartialMetadata()
    told.image = values.last { $0.key == "lxc.rootfs.path" }.map { String($0.value) }
    let groups = values.filter { $0.key == "lxc.group" }.map { String($0.value) }
    if !groups.isEmpty { told.labels["lxc.group"] = groups.joined(separator: ",") }
    return told
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let start = text.drop { $0 == " " || $0 == "\t" }
    guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return start[...end]
  }
}
