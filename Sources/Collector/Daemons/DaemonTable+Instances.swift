internal import AuditRecords
import CNestaudit
internal import Containers
import Glibc
import Logging

/// How a daemon begins: its name, its log, what an earlier collector has left of it.
extension DaemonTable {
  /// Never a name that another daemon has.
  func instanceName(_ template: DaemonTemplate, _ container: Container) -> String {
    let name = template.instanceName(for: container.name)
    let taken =
      instances[name] != nil || templates.contains { $0.name == name && !$0.isPerContainer }
    return taken ? "\(name).\(container.number)" : name
  }

  /// The daemon of this name, made if there is none.
  /// - Parameter entry: whose log it is; nil for a daemon that stands for several, or the host.
  func instance(
    _ template: DaemonTemplate, name: String, of entry: ContainerEntry? = nil
  ) throws -> Daemon {
    if let known = instances[name] { return known }
    let path = template.logPath(instance: name, directory: logDirectory)
    if outside.replayed == nil, let container = entry?.container, template.isPerContainer {
      let directory = LogDirectory(ofLog: path)
      let owner = LogOwner(
        container, daemon: template.name,
        isNamedByCgroup: template.scope.namesCgroup(container.cgroupPath))
      if let moved = directory.take(for: owner) {
        logger.notice(
          "\(path) is the log of container \(container.name) (\(container.number)) now; that of an earlier one of this name is in \(moved)"
        )
      }
    }
    let kept = ledger.claim(name: name, path: path)
    let log: DaemonLog
    do {
      log = try DaemonLog(
        path: path, configuration: template.configuration.auditd, writers: writers, kept: kept)
    } catch {
      kept?.release()
      throw error
    }
    if log.cutOff > 0 {
      logger.warning("\(path): a line without its end, of \(log.cutOff) bytes, is cut off")
    }
    let daemon = Daemon(
      number: nextNumber, name: name, template: template, ruleset: template.ruleset, log: log,
      view: template.scope.isHost
        ? .host : template.isPerContainer ? entry?.view ?? .nowhere : .nowhere,
      names: ownNames(of: template), ledger: ledger, kept: kept, outside: outside)
    nextNumber &+= 1
    instances[name] = daemon
    resume(daemon)
    if let replayed = outside.replayed {
      replayed.begin(daemon, at: entry.flatMap { template.isPerContainer ? $0.born : nil })
      return daemon
    }
    daemon.write(
      .start(
        version: Collector.version, kernel: Identity.kernel,
        .init(
          auid: daemon.view.uid(Identity.own.auid), uid: daemon.view.uid(getuid()),
          session: Identity.own.session, pid: template.scope.isHost ? Identity.own.pid : 0,
          label: template.scope.isHost ? Identity.own.label : nil)), at: start(of: entry, template))
    daemon.submit()
    return daemon
  }

  /// A daemon begins with its container, so that nothing in its log is older; one that a reload brings begins now.
  private func start(of entry: ContainerEntry?, _ template: DaemonTemplate) -> EventTime {
    guard let entry, template.isPerContainer, entry.policy == UInt32(POLICY_UNDECIDED),
      entry.keptNames.isEmpty
    else {
      return .now
    }
    return entry.born
  }
}
