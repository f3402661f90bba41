internal import CLibBPF
import CNestaudit
import Glibc

/// The objects of one version of the programs, pinned by name in a directory of bpffs: they stay in the kernel, and go on
/// working, when the collector is killed.
///
/// A program is `program-TYPE-PLACE-NAME`: the kernel does not tell where one may be attached. Maps are `map-NAME`, links
/// `link-NAME`, named after their programs. bpffs takes no name with a dot.
final class PinnedObjects {
  enum Kind: String {
    case map
    case program
    case link
  }

  /// The directory.
  private(set) var path: String

  init(path: String) { self.path = path }

  /// The directory's own name.
  var name: String { String(path.split(separator: "/").last ?? "") }

  private func file(_ kind: Kind, _ name: String) -> String {
    "\(path)/\(kind.rawValue)-" + String(name.map { $0 == "." ? "+" : $0 })
  }

  /// Pins an object by its descriptor.
  func pin(_ descriptor: Int32, _ kind: Kind, _ name: String) throws(CaptureError) {
    let file = file(kind, name)
    guard bpf_obj_pin(descriptor, file) == 0 else {
      throw CaptureError("\(file) cannot be pinned", errno: errno)
    }
  }

  /// A descriptor of what is pinned, which is the caller's; nil if there is nothing.
  func open(_ kind: Kind, _ name: String) -> Int32? {
    let descriptor = bpf_obj_get(file(kind, name))
    return descriptor >= 0 ? descriptor : nil
  }

  /// Takes a pin away; what nobody has any more goes.
  func unpin(_ kind: Kind, _ name: String) { unlink(file(kind, name)) }

  /// The names of what is pinned of a kind.
  func names(_ kind: Kind) -> [String] {
    let prefix = kind.rawValue + "-"
    return Self.entries(of: path).filter { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count).map { $0 == "+" ? "." : $0 })
    }
  }

  func pin(_ program: LoadedProgram) throws(CaptureError) {
    try pin(
      program.descriptor, .program,
      "\(program.type.rawValue)-\(program.place.rawValue)-\(program.name)")
  }

  /// Opens every program that is pinned; their descriptors are the caller's.
  func programs() throws(CaptureError) -> [LoadedProgram] {
    var programs: [LoadedProgram] = []
    for pin in names(.program) {
      let parts = pin.split(separator: "-", maxSplits: 2)
      guard parts.count == 3, let type = UInt32(parts[0]), let place = UInt32(parts[1]),
        let descriptor = open(.program, pin)
      else {
        for program in programs { close(program.descriptor) }
        throw CaptureError("\(path): program \(pin) cannot be opened", errno: errno)
      }
      programs.append(
        LoadedProgram(
          name: String(parts[2]), descriptor: descriptor, type: bpf_prog_type(type),
          place: bpf_attach_type(place)))
    }
    return programs
  }

  /// Gives the directory another name: of one that is being filled, its own.
  func rename(to path: String) throws(CaptureError) {
    guard Glibc.rename(self.path, path) == 0 else {
      throw CaptureError("\(path) cannot be made", errno: errno)
    }
    self.path = path
  }

  /// Unpins everything, links first: nothing is captured that has no place to go to.
  func removeAll() {
    let names = Self.entries(of: path)
    for name in names where name.hasPrefix(Kind.link.rawValue) { unlink(path + "/" + name) }
    for name in names { unlink(path + "/" + name) }
    rmdir(path)
    // What is around it, if it was the last.
    rmdir(String(path.dropLast(name.utf8.count + 1)))
  }

  static func entries(of path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
