/// The options of systemd-nspawn that say which container it runs (systemd-nspawn(1)).
struct NspawnOptions {
  private(set) var name: String?
  private(set) var image: String?
  private(set) var bundle: String?

  /// Short options that have a value.
  private static let short = "DuMLSZipE"
  /// Long ones that have one, which may be the next argument.
  private static let long: Set<String> = [
    "directory", "template", "user", "uuid", "capability", "drop-capability", "ambient-capability",
    "bind", "bind-ro", "bind-user", "tmpfs", "overlay", "overlay-ro", "inaccessible", "machine",
    "hostname", "slice", "setenv", "selinux-context", "selinux-apifs-context", "register",
    "kill-signal", "settings", "chdir", "pivot-root", "property", "root-hash", "root-hash-sig",
    "verity-data", "rlimit", "oom-score-adjust", "cpu-affinity", "resolv-conf", "timezone",
    "console", "notify-ready", "network-interface", "network-macvlan", "network-ipvlan",
    "network-veth-extra", "network-bridge", "network-zone", "network-namespace-path", "port",
    "private-users-ownership", "set-credential", "load-credential", "system-call-filter",
    "link-journal", "personality", "no-new-privileges", "image", "image-policy", "oci-bundle",
  ]

  /// Reads options up to the command that is run inside: that one's own mean nothing here.
  init(_ arguments: ArraySlice<String>) {
    var rest = arguments
    while let argument = rest.popFirst(), argument.hasPrefix("-"), argument != "--" {
      if argument.hasPrefix("--") {
        let parts = argument.dropFirst(2).split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let option = String(parts[0])
        if parts.count > 1 {
          take(option, String(parts[1]))
        } else if Self.long.contains(option), let value = rest.popFirst() {
          take(option, value)
        }
        continue
      }
      // Several letters together; of one with a value the rest is the value, or else the next argument.
      let letters = argument.dropFirst()
      guard let place = letters.firstIndex(where: { Self.short.contains($0) }) else { continue }
      let attached = letters[letters.index(after: place)...]
      guard let value = attached.isEmpty ? rest.popFirst() : String(attached) else { break }
      switch letters[place] {
      case "M": take("machine", value)
      case "D": take("directory", value)
      case "i": take("image", value)
      default: break
      }
    }
    // As nspawn does it: by its directory or image, without what tells an image's format.
    if name == nil, let image, let last = image.split(separator: "/").last {
      name = last.hasSuffix(".raw") ? String(last.dropLast(4)) : String(last)
    }
    if image == nil, bundle == nil, let name { image = "/var/lib/machines/\(name)" }
  }

  private mutating func take(_ option: String, _ value: String) {
    switch option {
    case "machine": name = value
    case "directory", "image": image = value
    case "oci-bundle": bundle = value
    default: break
    }
  }
}
