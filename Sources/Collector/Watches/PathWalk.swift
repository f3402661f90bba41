internal import AuditRules
import CNestaudit
internal import Capture
internal import Containers
import Glibc

/// The directories that were gone through on the way to the paths of a set, and the names that count in them.
struct WalkedDirectories {
  /// Open, for whoever follows changes in them; closed with `close()`.
  var descriptors: [Int32] = []
  /// Last names of all that was looked up: a change of another name changes nothing.
  var names: Set<String> = []

  func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}

/// Looks paths of rules up in a container's root, as kern_path_locked does for the kernel's audit: links on the way are
/// followed, a link at the end is not, unless the path ends with a slash.
struct PathWalk: ~Copyable {
  /// include/linux/namei.h, MAXSYMLINKS
  private static let mostLinks = 40

  private let root: ContainerRoot
  private let identifier: FileIdentifier
  private(set) var directories = WalkedDirectories()
  private var walked: [String: file_identity?] = [:]

  init(root: consuming ContainerRoot, identifier: FileIdentifier) {
    self.root = root
    self.identifier = identifier
  }

  /// What is at a path now.
  mutating func resolve(_ watch: WatchPath) -> WatchObject {
    var object = WatchObject()
    let parts = watch.path.split(separator: "/")
    if let last = parts.last {
      let directory = "/" + parts.dropLast().joined(separator: "/")
      directories.names.insert(String(last))
      object.name = Self.fingerprint(last)
      if let found = enter(directory, links: 0) {
        object.directory = found.ino
        object.directoryDev = found.dev
      }
    }
    if watch.follows { follow(watch.path, links: 0) }
    let flags = nestaudit_o_path | (watch.follows ? 0 : O_NOFOLLOW)
    guard let opened = root.open(watch.path, flags: flags) else { return object }
    defer { close(opened) }
    guard let found = identifier.identify(opened) else { return object }
    object.ino = found.ino
    object.dev = found.dev
    object.isDirectory = found.mode & S_IFMT == S_IFDIR
    // What is mounted there has hidden the name; through a link, the name is that of the link.
    if watch.follows || nestaudit_is_mount_root(opened) { object.directory = 0 }
    return object
  }

  /// The directory at a path, and in `directories` all that lead to it.
  private mutating func enter(_ path: String, links: Int) -> file_identity? {
    if let known = walked[path] { return known }
    walked[path] = .some(nil)
    if path != "/" { follow(path, links: links) }
    guard let opened = root.open(path, flags: nestaudit_o_path | O_DIRECTORY) else { return nil }
    directories.descriptors.append(opened)
    let identity = identifier.identify(opened)
    walked[path] = .some(identity)
    return identity
  }

  /// Goes through what leads to a path, and through what a link at its end leads to.
  private mutating func follow(_ path: String, links: Int) {
    let parts = path.split(separator: "/")
    guard let last = parts.last, links < Self.mostLinks else { return }
    directories.names.insert(String(last))
    let above = "/" + parts.dropLast().joined(separator: "/")
    _ = enter(above, links: links + 1)
    guard let target = root.link(at: path) else { return }
    let full = target.hasPrefix("/") ? target : above + "/" + target
    follow(Self.normalised(full), links: links + 1)
    _ = enter(Self.normalised(full), links: links + 1)
  }

  /// Without `.`, `..` and doubled slashes, by the text alone: good enough to know where to look for changes.
  private static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// watch_fingerprint() of a name, as BPF makes it of a dentry's; 0 for one that is too long to be any.
  static func fingerprint(_ name: Substring) -> UInt64 {
    let bytes = Array(name.utf8)
    guard bytes.count <= Int(WATCH_NAME_MAX) else { return 0 }
    var words = [UInt64](repeating: 0, count: Int(WATCH_NAME_WORDS))
    words.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
    return watch_fingerprint(words, UInt32(bytes.count))
  }
}
