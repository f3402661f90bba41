/// What a cgroup's path says of its container: runtimes put the container's identifier into the last
/// component, most of them with something around it.
///
/// | path | name |
/// |---|---|
/// | `/demo/web` (runc, crun with a cgroupsPath of their own) | `web` |
/// | `/docker/<64 hex digits>` | the first 12 digits |
/// | `/system.slice/docker-<id>.scope` | likewise |
/// | `/machine.slice/libpod-<id>.scope/container` | likewise |
/// | `/lxc.payload.c1` | `c1` |
/// | `/machine.slice/nsp1/payload`, `systemd-nspawn@nsp1.service/payload` | `nsp1` |
public struct CgroupName: Equatable, Sendable {
  /// Letters, digits, `.`, `_`, `-`; 1 to 64 of them: fit for a directory's name.
  public let name: String
  /// The identifier as the runtime has it.
  public let runtimeID: String

  private static let prefixes = [
    "docker-", "libpod-", "cri-containerd-", "crio-", "lxc.payload.", "machine-",
    "systemd-nspawn@",
  ]
  private static let suffixes = [".scope", ".service"]
  /// Below the cgroup that bears the name.
  private static let inner: Set<String> = ["container", "payload", "init.scope"]

  /// Reads a path below the cgroup2 mount.
  public init(path: String) {
    var components = path.split(separator: "/").map(String.init)
    if components.count > 1, let last = components.last, Self.inner.contains(last) {
      components.removeLast()
    }
    var identifier = components.last ?? ""
    if let prefix = Self.prefixes.first(where: { identifier.hasPrefix($0) }) {
      identifier.removeFirst(prefix.count)
    }
    if let suffix = Self.suffixes.first(where: { identifier.hasSuffix($0) }) {
      identifier.removeLast(suffix.count)
    }
    runtimeID = identifier
    let isHash = identifier.utf8.count == 64 && identifier.utf8.allSatisfy(Self.isHexDigit)
    name = Self.safe(isHash ? String(identifier.prefix(12)) : identifier)
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  /// A cgroup's name may come from a hostile container: nothing of it may leave a directory or a line.
  private static func safe(_ text: String) -> String {
    var bytes = text.utf8.prefix(64).map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        return byte
      default:
        return UInt8(ascii: "_")
      }
    }
    if bytes.isEmpty { bytes = [UInt8(ascii: "_")] }
    if bytes[0] == UInt8(ascii: ".") { bytes[0] = UInt8(ascii: "_") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
