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
  /// Whether the daemon's ids are others than the kernel's.
  public let translatesIDs: Bool
  /// A process in whose root the paths of rules are; nil if there is no container now.
  public let rootProcess: UInt32?
  /// Every container that the daemon stands for now, and a process in its root; the host is contid 0.
  public let roots: [(contid: UInt64, process: UInt32)]
}

extension RuleSurroundings {
  /// - Parameter rootProcess: a process in whose root the paths of rules are; nil if there is none now.
  public init(isAUIDUnset: Bool?, translatesIDs: Bool, rootProcess: UInt32?) {
    self.init(isAUIDUnset: isAUIDUnset, translatesIDs: translatesIDs) { path in
      guard let rootProcess, let root = ContainerRoot(ofProcess: rootProcess) else { return nil }
      if root.identity(of: path) != nil { return .something }
      let directory = path.split(separator: "/").dropLast().joined(separator: "/")
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
    let isAUIDUnset = own?.container.flatMap { hierarchy.isAUIDUnset(in: $0.cgroupPath) }
    let ruleset = daemon.ruleset
    var roots: [(contid: UInt64, process: UInt32)] = []
    if isHost {
      roots.append((0, UInt32(getpid())))
    } else {
      for entry in stoodFor { roots.append((entry.contid, entry.container!.initPID)) }
    }
    return RulesSnapshot(
      daemon: name, rules: ruleset.compiled.rules,
      standings: ruleset.compiled.standings(
        in: RuleSurroundings(
          isAUIDUnset: isAUIDUnset, translatesIDs: !isHost, rootProcess: rootProcess)),
      options: ruleset.options, isAUIDUnset: isAUIDUnset, translatesIDs: !isHost,
      rootProcess: rootProcess,
      roots: roots)
  }
}

extension CgroupHierarchy {
  /// Whether no process of a cgroup has an auid; nil if it has no process.
  fileprivate func isAUIDUnset(in path: String) -> Bool? {
    let pids = processes(in: path, most: 256)
    guard !pids.isEmpty else { return nil }
    return pids.allSatisfy { Identity.number("/proc/\($0)/loginuid") == .max }
  }
}
