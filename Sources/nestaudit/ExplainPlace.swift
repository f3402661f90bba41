import AuditRules
import Containers
import Control

/// Where an event stands in the eyes of a daemon, and the root that its rules' paths belong to.
struct ExplainPlace {
  /// The event is from the container, or the host, that the daemon itself stands for.
  let isOwn: Bool
  /// That root; nil if it is not known which it is.
  let root: RulesReply.Root?

  /// - Parameter contids: the chain of the event's CONTAINER_ID, empty without one.
  init(contids: [UInt64], roots: [RulesReply.Root]) {
    // A daemon that stands for several containers has the contid in every event.
    let named = roots.first { $0.contid != 0 && $0.contid == contids.first }
    isOwn = contids.isEmpty || named != nil
    root = named ?? (roots.count == 1 ? roots[0] : nil)
  }

  /// What is there now.
  var files: RuleFiles {
    guard let root else { return .unknown }
    let known = Dictionary(
      root.watched.map { (Watch(path: $0.path, follows: $0.follows), RootFile($0)) },
      uniquingKeysWith: { first, _ in first })
    let watched: @Sendable (String, Bool) -> RootFile? = { path, follows in
      known[Watch(path: path, follows: follows)]
    }
    guard let opened = ContainerRoot(ofProcess: root.process) else {
      return RuleFiles(watched: watched, object: { _, _ in nil }, ancestry: { _ in nil })
    }
    let held = HeldRoot(opened)
    return RuleFiles(
      watched: watched,
      object: { path, follows in
        held.root.identity(of: path, follows: follows).map(RootFile.init) ?? RootFile()
      },
      ancestry: { path in held.root.ancestry(of: path).map { $0.map(RootFile.init) } })
  }
}

private struct Watch: Hashable {
  let path: String
  let follows: Bool
}

/// The root, held open for several closures.
private final class HeldRoot: Sendable {
  let root: ContainerRoot

  init(_ root: consuming ContainerRoot) { self.root = root }
}

extension RootFile {
  fileprivate init(_ watched: RulesReply.Watched) {
    self.init(
      dev: watched.dev, ino: watched.ino, isDirectory: watched.isDirectory,
      mounts: watched.mounts.map { RootFile(dev: $0.dev, ino: $0.ino, isDirectory: true) })
  }

  fileprivate init(_ file: FileIdentity) {
    self.init(dev: file.dev, ino: file.ino, isDirectory: file.isDirectory)
  }
}
