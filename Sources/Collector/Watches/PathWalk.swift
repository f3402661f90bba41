internal import AuditRules
import CNestaudit
internal import Capture
internal import Containers
import Glibc

/// The directories that were gone through on the way to the paths of a set, and the names that count in them.
struct WalkedDirectories {
  /// Open, for whoever follows changes in them; closed with `close()`.
  var descriptors: [Int32] = []
  /// Names that were looked up: a change of another name changes nothing.
  var names: Set<String> = []

  func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}

/// Looks paths of rules up in a container's root, as kern_path_locked does for the kernel's audit: links on the way are
/// followed, a link at the end is not, unless the path ends with a slash.
///
/// What the links say is only a guess at where to look; what is there is asked through `ContainerRoot`, which
/// nothing leads out of.
struct PathWalk: ~Copyable {
  /// include/linux/namei.h, MAXSYMLINKS
  private static let mostLinks = 40

  private let root: ContainerRoot
  private let identifier: FileIdentifier
  private(set) var directories = WalkedDirectories()
  private var entered: [String: file_identity?] = [:]
  private var links: [String: String?] = [:]

  init(root: consuming ContainerRoot, identifier: FileIdentifier) {
    self.root = root
    self.identifier = identifier
  }

  /// What is at a path now.
  /// - Returns: and its path without links on the way.
  mutating func resolve(_ watch: WatchPath) -> (object: WatchObject, path: String) {
    var object = WatchObject()
    let path = realPath(watch.path, followsLast: watch.follows)
    if path != "/" {
      let (directory, name) = Self.split(path)
      object.name = Self.fingerprint(name)
      if let found = enter(directory) {
        object.directory = found.ino
        object.directoryDev = found.dev
      }
    }
    let flags = nestaudit_o_path | (watch.follows ? 0 : O_NOFOLLOW)
    guard let opened = root.open(path, flags: flags) else { return (object, path) }
    defer { close(opened) }
    guard let found = identifier.identify(opened) else { return (object, path) }
    object.ino = found.ino
    object.dev = found.dev
    object.isDirectory = found.mode & S_IFMT == S_IFDIR
    // What is mounted there has hidden the name.
    if nestaudit_is_mount_root(opened) { object.directory = 0 }
    return (object, path)
  }

  /// The file at a path that has no links on the way; nil if there is none.
  func identity(at path: String) -> file_identity? {
    guard let opened = root.open(path, flags: nestaudit_o_path | O_NOFOLLOW) else { return nil }
    defer { close(opened) }
    return identifier.identify(opened)
  }

  /// The directory at a path without links; it is followed from now on.
  private mutating func enter(_ path: String) -> file_identity? {
    if let known = entered[path] { return known }
    guard let opened = root.open(path, flags: nestaudit_o_path | O_DIRECTORY) else {
      entered[path] = .some(nil)
      return nil
    }
    directories.descriptors.append(opened)
    let identity = identifier.identify(opened)
    entered[path] = .some(identity)
    return identity
  }

  /// Goes from the root to a path, and through the links on the way.
  private mutating func realPath(_ path: String, followsLast: Bool) -> String {
    var left = path.pathNames.map(String.init)
    var path = ""
    var count = 0
    while !left.isEmpty {
      let name = left.removeFirst()
      if name == "." { continue }
      if name == ".." {
        path = path.isEmpty ? "" : Self.split(path).directory
        if path == "/" { path = "" }
        continue
      }
      _ = enter(path.isEmpty ? "/" : path)
      directories.names.insert(name)
      let here = path + "/" + name
      guard followsLast || !left.isEmpty, count < Self.mostLinks, let target = link(at: here)
      else {
        path = here
        continue
      }
      count += 1
      left = target.pathNames.map(String.init) + left
      if target.isAbsolutePath { path = "" }
    }
    return path.isEmpty ? "/" : path
  }

  private mutating func link(at path: String) -> String? {
    if let known = links[path] { return known }
    let target = root.link(at: path)
    links[path] = .some(target)
    return target
  }

  private static func split(_ path: String) -> (directory: String, name: Substring) {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    return (directory, Substring(path.utf8[slash...].dropFirst()))
  }

  /// watch_fingerprint() of a name, as BPF makes it of a dentry's; 0 for one that is too long to be any.
  static func fingerprint(_ name: Substring) -> UInt64 {
    let bytes = String(name).pathBytes
    guard bytes.count <= Int(WATCH_NAME_MAX) else { return 0 }
    var words = [UInt64](repeating: 0, count: Int(WATCH_NAME_WORDS))
    words.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
    return watch_fingerprint(words, UInt32(bytes.count))
  }
}
