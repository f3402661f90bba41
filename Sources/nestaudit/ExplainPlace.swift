import AuditRules
import Containers
import Control

/// Where an event stands in the eyes of a daemon, and the root that its rules' paths belong to.
struct ExplainPlace {
  /// The event is from the container, or the host, that the daemon itself stands for.
  let isOwn: Bool
  /// A process in that root; nil if it is not known.
  let process: UInt32?

  /// - Parameter contids: the chain of the event's CONTAINER_ID, empty without one.
  init(contids: [UInt64], roots: [RulesReply.Root]) {
    // A daemon that stands for several containers has the contid in every event.
    let named = roots.first { $0.contid != 0 && $0.contid == contids.first }
    isOwn = contids.isEmpty || named != nil
    process = (named ?? (roots.count == 1 ? roots[0] : nil))?.process
  }

  /// Looks paths up as they are now.
  var files: RuleFiles {
    guard let process, let root = ContainerRoot(ofProcess: process) else { return .unknown }
    let held = HeldRoot(root)
    return RuleFiles(
      object: { path in held.root.identity(of: path).map(WatchObject.init) ?? WatchObject() },
      ancestry: { path in held.root.ancestry(of: path).map { $0.map(WatchObject.init) } })
  }
}

/// The root, held open for several closures.
private final class HeldRoot: Sendable {
  let root: ContainerRoot

  init(_ root: consuming ContainerRoot) { self.root = root }
}

extension WatchObject {
  fileprivate init(_ file: FileIdentity) {
    self.init(dev: file.dev, ino: file.ino, isDirectory: file.isDirectory)
  }
}
