/// A row of the table of cgroup paths: how one runtime, in one of its modes, calls a cgroup.
struct CgroupRow: Sendable {
  /// What the cgroup is to its container.
  enum Kind {
    /// Its root.
    case root
    /// In its root: the rows for what is above say which.
    case inner
    /// A helper's, beside it.
    case helper
  }

  let runtime: Runtime
  let kind: Kind
  private let isAtTop: Bool
  private let components: [Component]

  /// Checked in this order against the end of a path. `<hash>` are 64 hexadecimal digits, `<name>` is anything, `<unit>` anything but a
  /// hash; `^` is the hierarchy's root. docs/runtimes.md says where each comes from.
  static let table: [CgroupRow] = [
    // dockerd: cgroupfs driver, systemd driver, RUN steps of a build.
    CgroupRow(.docker, .root, "docker/<hash>"),
    CgroupRow(.docker, .root, "docker-<hash>.scope"),
    CgroupRow(.docker, .root, "docker/buildkit/<name>"),
    // libpod: cgroupfs, systemd, `--cgroups=split` in a service. crun puts processes into a cgroup `container` below a scope.
    CgroupRow(.podman, .helper, "libpod-conmon-<hash>.scope"),
    CgroupRow(.podman, .root, "libpod-payload-<hash>"),
    CgroupRow(.podman, .root, "libpod-<hash>.scope"),
    CgroupRow(.podman, .root, "libpod-<hash>"),
    // CRI-O: systemd, cgroupfs.
    CgroupRow(.crio, .helper, "crio-conmon-<hash>.scope"),
    CgroupRow(.crio, .root, "crio-<hash>.scope"),
    CgroupRow(.crio, .root, "crio-<hash>"),
    // containerd for Kubernetes: systemd; then cgroupfs by quality of service, where docker would make the same.
    CgroupRow(.containerd, .root, "cri-containerd-<hash>.scope"),
    CgroupRow(.containerd, .root, "kubepods/pod<name>/<hash>"),
    CgroupRow(.containerd, .root, "kubepods/burstable/pod<name>/<hash>"),
    CgroupRow(.containerd, .root, "kubepods/besteffort/pod<name>/<hash>"),
    // nerdctl with systemd; it and ctr without, in containerd's default namespace.
    CgroupRow(.containerd, .root, "nerdctl-<hash>.scope"),
    CgroupRow(.containerd, .root, "^/default/<name>"),
    // LXC 4 and newer, 3.1 and older.
    CgroupRow(.lxc, .root, "lxc.payload.<name>"),
    CgroupRow(.lxc, .helper, "lxc.monitor.<name>"),
    CgroupRow(.lxc, .root, "lxc.payload/<name>"),
    CgroupRow(.lxc, .helper, "lxc.monitor/<name>"),
    CgroupRow(.lxc, .root, "lxc/<name>"),
    // systemd-nspawn: in a scope that is the container's alone; in a service, where it is beside its container itself.
    CgroupRow(.nspawn, .inner, "machine-<name>.scope/payload"),
    CgroupRow(.nspawn, .root, "machine-<name>.scope"),
    CgroupRow(.nspawn, .root, "systemd-nspawn@<name>.service/payload"),
    CgroupRow(.nspawn, .helper, "systemd-nspawn@<name>.service/supervisor"),
    CgroupRow(.nspawn, .helper, "systemd-nspawn@<name>.service"),
    CgroupRow(.nspawn, .root, "<unit>.service/payload"),
    CgroupRow(.nspawn, .helper, "<unit>.service/supervisor"),
    CgroupRow(.nspawn, .root, "<unit>/payload"),
    CgroupRow(.nspawn, .helper, "<unit>/supervisor"),
  ]

  private init(_ runtime: Runtime, _ kind: Kind, _ pattern: String) {
    self.runtime = runtime
    self.kind = kind
    isAtTop = pattern.hasPrefix("^")
    components = pattern.split(separator: "/").drop { $0 == "^" }.map { Component($0) }
  }

  /// The first row for a path as it ends, and the identifier in it.
  static func match(_ path: ArraySlice<Substring>) -> (row: CgroupRow, id: String)? {
    for row in table {
      if let id = row.id(in: path) { return (row, id) }
    }
    return nil
  }

  private func id(in path: ArraySlice<Substring>) -> String? {
    guard path.count >= components.count, !isAtTop || path.count == components.count else {
      return nil
    }
    var id: Substring?
    for (component, text) in zip(components, path.suffix(components.count)) {
      guard component.matches(text) else { return nil }
      // Of several the last one is the container's own: the others are around it.
      id = component.id(in: text) ?? id
    }
    // A virtual machine of libvirt's has a scope like a container's.
    guard let id, !(runtime == .nspawn && id.hasPrefix("qemu\\x2d")) else { return nil }
    return Self.unescaped(id)
  }

  /// systemd writes characters that a unit's name cannot have as `\x2d` (systemd.unit(5)).
  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("\\") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count > 2,
        let code = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A component of a row: fixed text, or an identifier with text around it.
private struct Component: Sendable {
  private let prefix: Substring
  private let suffix: Substring
  private let placeholder: Substring?

  init(_ pattern: Substring) {
    guard let start = pattern.firstIndex(of: "<"), let end = pattern.firstIndex(of: ">") else {
      (prefix, suffix, placeholder) = (pattern, "", nil)
      return
    }
    prefix = pattern[..<start]
    suffix = pattern[pattern.index(after: end)...]
    placeholder = pattern[start...end]
  }

  func matches(_ text: Substring) -> Bool {
    placeholder == nil ? text == prefix : id(in: text) != nil
  }

  /// nil for fixed text, and where a path's component is another.
  func id(in text: Substring) -> Substring? {
    guard let placeholder, text.hasPrefix(prefix), text.hasSuffix(suffix),
      text.utf8.count > prefix.utf8.count + suffix.utf8.count
    else { return nil }
    let id = text.dropFirst(prefix.count).dropLast(suffix.count)
    switch placeholder {
    case "<hash>": return id.isContainerHash ? id : nil
    case "<unit>": return id.isContainerHash ? nil : id
    default: return id
    }
  }
}

extension StringProtocol {
  /// 64 hexadecimal digits, as engines number containers.
  var isContainerHash: Bool {
    utf8.count == 64
      && utf8.allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }
}
