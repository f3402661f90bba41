/// The command line of a process that makes containers or looks after one, as far as it says which.
struct RuntimeCommand: Equatable {
  /// The kinds of such programs.
  enum Program: Equatable {
    /// crun, runc or another with the OCI's command line, while it makes a container.
    case oci
    /// conmon, the parent of podman's and CRI-O's containers.
    case conmon
    /// containerd's shim, the parent of its and docker's containers; works in the directory of its first one.
    case shim
    /// lxc-start, or the monitor that stays of it.
    case lxc
    /// systemd-nspawn.
    case nspawn
  }

  let program: Program
  /// The container's identifier.
  var id: String?
  /// What it is called.
  var name: String?
  /// The directory of its config.json.
  var bundle: String?
  /// The runtime's `--root`.
  var state: String?
  /// LXC's directory of containers.
  var directory: String?
  /// What nspawn takes its files from.
  var image: String?

  private static let monitorTitle = "[lxc monitor] "

  /// nil if it is none of these.
  init?(_ arguments: [String]) {
    guard let first = arguments.first else { return nil }
    let program = first.pathNames.last.map(String.init) ?? ""
    if first.hasPrefix(Self.monitorTitle) {
      // The directory of its containers, which may have blanks in it, and the name.
      let words = first.dropFirst(Self.monitorTitle.count).split(separator: " ")
      guard words.count > 1 else { return nil }
      self.program = .lxc
      name = words.last.map { String($0) }
      directory = words.dropLast().joined(separator: " ")
      return
    }
    let rest = arguments.dropFirst()
    switch program {
    case "conmon":
      self.program = .conmon
      id = rest.option("-c", "--cid")
      name = rest.option("-n", "--name")
      bundle = rest.option("-b", "--bundle")
    case _ where program.hasPrefix("containerd-shim"):
      self.program = .shim
      id = rest.option("-id", "--id")
      bundle = rest.option("-bundle", "--bundle")
    case "lxc-start", "lxc-execute":
      self.program = .lxc
      name = rest.option("-n", "--name") ?? rest.last
      directory = rest.option("-P", "--lxcpath")
    case "systemd-nspawn":
      self.program = .nspawn
      let options = NspawnOptions(rest)
      name = options.name
      image = options.image
      bundle = options.bundle
    default:
      // Runtimes have many names; what they are told has one form.
      guard let verb = rest.firstIndex(where: { ["create", "run", "restore"].contains($0) }),
        let last = rest.last, verb < rest.endIndex - 1, !last.hasPrefix("-")
      else { return nil }
      self.program = .oci
      id = last
      state = rest[..<verb].option("--root")
      bundle = rest[(verb + 1)...].option("-b", "--bundle")
    }
  }
}

extension ArraySlice<String> {
  /// What stands behind an option, or in it after `=`; the first one counts.
  fileprivate func option(_ names: String...) -> String? {
    for (index, argument) in zip(indices, self) {
      for name in names {
        if argument == name { return index + 1 < endIndex ? self[index + 1] : nil }
        if argument.hasPrefix(name + "=") { return String(argument.dropFirst(name.count + 1)) }
      }
    }
    return nil
  }
}
