public import Containers
internal import AuditRules

/// What came of `ctl`.
public struct ControlResult: Sendable {
  /// What auditctl would print.
  public var lines: [String]
  /// What was odd, but no reason to refuse it.
  public var warnings: [String]
}

/// What can be asked over a socket. All of it blocks the caller; who may not is told so, and the daemons' logs too.
extension Mailbox {
  /// Whose connections are counted together, and how many there may be at a time.
  public func admission(
    of peer: Peer
  ) throws(ControlRefusal) -> (container: UInt64, connections: Int) {
    guard case .admission(let container, let connections) = try ask(.admission, by: peer) else {
      throw ControlRefusal("stopping")
    }
    return (container, connections)
  }

  /// What the collector is doing, as far as the peer may see it.
  public func status(by peer: Peer) throws(ControlRefusal) -> CollectorSnapshot {
    guard case .status(let snapshot) = try ask(.status, by: peer) else {
      throw ControlRefusal("stopping")
    }
    return snapshot
  }

  /// The log of a daemon; nil is the peer's own.
  public func log(
    of daemon: String?, by peer: Peer
  ) throws(ControlRefusal) -> (daemon: String, path: String) {
    guard case .log(let name, let path) = try ask(.log(daemon: daemon), by: peer) else {
      throw ControlRefusal("stopping")
    }
    return (name, path)
  }

  /// The settings and books of a daemon; nil is every daemon that the peer may look at.
  public func reports(
    of daemon: String?, by peer: Peer
  ) throws(ControlRefusal) -> [DaemonSettings] {
    try settings(daemon.map { .settings(daemon: $0) } ?? .allSettings, by: peer)
  }

  /// Does what auditctl's options say with a daemon; nil is the peer's own.
  public func control(
    _ words: [String], of daemon: String?, by peer: Peer
  ) throws(ControlRefusal) -> ControlResult {
    switch try ControlCommand(words) {
    case .list(let key):
      return ControlResult(
        lines: try rules(with: key, of: daemon, by: peer), warnings: [])
    case .settings:
      return ControlResult(lines: try settingLines(of: daemon, by: peer), warnings: [])
    case .change(let operation, let printed):
      var former: [String] = []
      if case .former(let name) = printed {
        former = try settingLines(of: daemon, by: peer).filter { $0.hasPrefix(name + " ") }
          .map { "\(name):" + $0.dropFirst(name.count) }
      }
      let warnings = try change(words, of: daemon, operation, by: peer)
      let lines =
        switch printed {
        case .nothing: [String]()
        case .rules: try rules(with: nil, of: daemon, by: peer)
        case .settings: try settingLines(of: daemon, by: peer)
        case .former: former
        }
      return ControlResult(lines: lines, warnings: warnings)
    }
  }

  private func rules(
    with key: [UInt8]?, of daemon: String?, by peer: Peer
  ) throws(ControlRefusal) -> [String] {
    let lines = try lines(.listing(daemon: daemon, key: key), by: peer)
    return lines.isEmpty ? ["No rules"] : lines
  }

  private func settingLines(
    of daemon: String?, by peer: Peer
  ) throws(ControlRefusal) -> [String] {
    try settings(.settings(daemon: daemon), by: peer).flatMap { $0.all.map(\.line) }
  }

  private func settings(
    _ wish: Wish, by peer: Peer
  ) throws(ControlRefusal) -> [DaemonSettings] {
    guard case .settings(let settings) = try ask(wish, by: peer) else {
      throw ControlRefusal("stopping")
    }
    return settings
  }

  private func lines(_ wish: Wish, by peer: Peer) throws(ControlRefusal) -> [String] {
    guard case .lines(let lines) = try ask(wish, by: peer) else { throw ControlRefusal("stopping") }
    return lines
  }

  // MARK: Changes

  /// How often somebody else may have been quicker.
  private static let mostAttempts = 16

  /// Reads the options on the calling thread, between two looks at the rules: what others do meanwhile is not lost.
  private func change(
    _ words: [String], of daemon: String?, _ operation: RuleOperation, by peer: Peer
  ) throws(ControlRefusal) -> [String] {
    for _ in 0..<Self.mostAttempts {
      guard case .rules(let old) = try ask(.rules(daemon: daemon, operation), by: peer) else {
        throw ControlRefusal("stopping")
      }
      let change = try made(of: words, old, by: peer)
      let prepared: PreparedRuleset
      do {
        prepared = try PreparedRuleset.of(change.ruleset, options: old.options)
      } catch {
        throw ControlRefusal(error.description)
      }
      let new = NewRules(
        old: old, operation: operation, settings: change.ruleset.settings, prepared: prepared)
      if case .done = try ask(.change(new), by: peer) { return change.warnings(isHost: old.isHost) }
    }
    throw ControlRefusal("others change the rules all the time; try again")
  }

  private func made(
    of words: [String], _ old: OldRules, by peer: Peer
  ) throws(ControlRefusal) -> RuleChange {
    do {
      return try RuleChange(
        words.map { Array($0.utf8) }, to: old.ruleset, takesNames: peer.socket == .root)
    } catch {
      switch error.refusal {
      case nil: throw ControlRefusal(error.reason)
      case .exists(let rule):
        _ = try ask(.vainChange(daemon: old.daemon, rule, added: true), by: peer)
        throw ControlRefusal("Error sending add rule data request (Rule exists)")
      case .absent(let rule):
        _ = try ask(.vainChange(daemon: old.daemon, rule, added: false), by: peer)
        throw ControlRefusal("Error sending delete rule data request (No such file or directory)")
      }
    }
  }
}
