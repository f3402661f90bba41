import Control
import Glibc

/// A log to show, under the name it was asked for or that of its daemon.
struct TailSource: Equatable {
  let name: String
  let path: String
}

/// Finds the logs that names mean.
enum TailNames {
  /// By the collector: a daemon's name, or a container's name or contid, which stands for the
  /// daemons that stand for the container.
  static func sources(_ names: [String], in status: StatusReply) throws -> [TailSource] {
    var result: [TailSource] = []
    for name in names {
      var daemons = status.daemons.filter { $0.name == name }
      if daemons.isEmpty {
        let containers = status.containers.filter { $0.name == name || String($0.contid) == name }
        let theirs = Set(containers.flatMap(\.daemons))
        daemons = status.daemons.filter { theirs.contains($0.name) }
        if daemons.isEmpty && !containers.isEmpty {
          throw Failure("no daemon stands for container '\(name)'; \(known(in: status))")
        }
      }
      guard !daemons.isEmpty else {
        throw Failure("no daemon or container is named '\(name)'; \(known(in: status))")
      }
      result += daemons.map { TailSource(name: $0.name, path: $0.log) }
    }
    return withoutRepeats(result)
  }

  /// By the layout of the log directory, without a collector.
  /// - Parameter mayWait: whether a log that is not there yet will do.
  static func sources(
    _ names: [String], directory: String, mayWait: Bool
  ) throws -> [TailSource] {
    let result = try names.map { name in
      guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/") else {
        throw Failure("'\(name)' is no daemon's name; \(known(in: directory))")
      }
      return TailSource(name: name, path: "\(directory)/\(name)/audit.log")
    }
    if !mayWait {
      for source in result where access(source.path, F_OK) != 0 && errno != EACCES {
        throw Failure("no log \(source.path); \(known(in: directory))")
      }
    }
    return withoutRepeats(result)
  }

  private static func withoutRepeats(_ sources: [TailSource]) -> [TailSource] {
    var paths: Set<String> = []
    return sources.filter { paths.insert($0.path).inserted }
  }

  private static func known(in status: StatusReply) -> String {
    let containers = status.containers.filter { !$0.daemons.isEmpty }.map(\.name)
    return known(Set(status.daemons.map(\.name) + containers).sorted())
  }

  private static func known(in directory: String) -> String {
    guard let stream = opendir(directory) else {
      return "\(directory): \(String(cString: strerror(errno)))"
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      let log = "\(directory)/\(name)/audit.log"
      if !name.hasPrefix("."), access(log, F_OK) == 0 { names.append(name) }
    }
    return known(names.sorted())
  }

  private static func known(_ names: [String]) -> String {
    names.isEmpty ? "none is known yet" : "known: \(names.joined(separator: ", "))"
  }
}
