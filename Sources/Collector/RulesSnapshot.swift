public import AuditRules
internal import Containers
import Glibc

/// The rules of a daemon at one moment, and what is around them.
public struct RulesSnapshot: Sendable {
  /// Whose they are.
  public let daemon: String
  /// In the order in which they are tried.
  public let rules: [Rule]
  /// The standing of each.
  public let standings: [RuleStanding]
  /// From scope.conf.
  public let options: RuleOptionsOfScope
  /// Whether every task of the daemon's container has an unset auid; nil if that is not known.
  public let isAUIDUnset: Bool?
  /// The backend is hooks.
  public let knowsNamedFiles: Bool
  /// A process in whose root the paths of rules are; nil if there is no container now.
  public let rootProcess: UInt32?
  /// Every container that the daemon stands for now; the host is contid 0.
  public let roots: [Root]

  /// Where the paths of rules are looked up.
  public struct Root: Sendable {
    /// The audit container identifier.
    public let contid: UInt64
    /// A process in it.
    public let process: UInt32
    /// What the rules' paths lead to, as the daemon goes by it.
    public let watched: [(path: WatchPath, file: RootFile)]
  }
}

extension RuleSurroundings {
  /// - Parameter rootProcess: a process in whose root the paths of rules are; nil if there is none now.
  public init(isAUIDUnset: Bool?, knowsNamedFiles: Bool, rootProcess: UInt32?) {
    self.init(isAUIDUnset: isAUIDUnset, knowsNamedFiles: knowsNamedFiles) { path in
      guard let rootProcess, let root = ContainerRoot(ofProcess: rootProcess) else { return nil }
      if root.identity(of: path) != nil { return .something }
      let directory = path.pathNames.dropLast().joined(separator: "/")
      return root.identity(of: "/" + directory) != nil ? .nothing : .noDirectory
    }
  }
}

extension DaemonTable {
  /// The rules of a daemon, judged where it stands now.
  func rules(of name: String, entries: [ContainerEntry], hierarchy: CgroupHierarchy)
    -> RulesSnapshot?
  {
    guard let daemon = all.first(where: { $0.name == name }) else { return nil }
    let stoodFor = entries.filter { entry in
      entry.container != nil && entry.ownDaemons.contains { $0 === daemon }
    }
    let own = stoodFor.first
    let isHost = daemon.template.scope.isHost
    let rootProcess = isHost ? UInt32(getpid()) : own?.container?.initPID
    let isAUIDUnset = own?.container.flatMap { $0.ownCgroup }.flatMap {
      hierarchy.isAUIDUnset(in: $0)
    }
    let ruleset = daemon.ruleset
    let standing = isHost ? entries.filter { $0.container == nil } : stoodFor
    let roots = standing.map { entry in
      RulesSnapshot.Root(
        contid: entry.number, process: entry.container?.initPID ?? UInt32(getpid()),
        watched: entry.watched(by: daemon))
    }
    return RulesSnapshot(
      daemon: name, rules: ruleset.compiled.rules,
      standings: ruleset.compiled.standings(
        in: RuleSurroundings(
          isAUIDUnset: isAUIDUnset, knowsNamedFiles: knowsNamedFiles, rootProcess: rootProcess)),
      options: ruleset.options, isAUIDUnset: isAUIDUnset, knowsNamedFiles: knowsNamedFiles,
      rootProcess: rootProcess, roots: roots)
  }
}

extension ContainerEntry {
  /// What the paths of a daemon that stands for it lead to in its root.
  fileprivate func watched(by daemon: Daemon) -> [(path: WatchPath, file: RootFile)] {
    let own = routes.first { route in
      route.daemon === daemon && (container == nil ? route.owner == nil : route.owner === self)
    }
    guard let set = own?.watches else { return [] }
    return set.paths.enumerated().map { number, path in
      let object = set.pointer[number]
      // Copied: what the set has is freed when it looks again.
      let mounts = object.mounts.map { RootFile(dev: $0.dev, ino: $0.ino, isDirectory: true) }
      return (
        path,
        RootFile(
          dev: object.dev, ino: object.ino, isDirectory: object.isDirectory, mounts: mounts)
      )
    }
  }
}

extension CgroupHierarchy {
  /// Whether no process of a cgroup has an auid; nil if it has no process.
  fileprivate func isAUIDUnset(in path: String) -> Bool? {
    let pids = processes(in: path, most: 256)
    guard !pids.isEmpty else { return nil }
    return pids.allSatisfy { ProcessIdentity.number("/proc/\($0)/loginuid") == .max }
  }
}
