internal import AuditRules
internal import Containers

/// What is asked of the thread that collects, by someone who may not be allowed to.
enum Wish: Sendable {
  /// How many connections its container may have.
  case admission
  /// `ps`
  case status
  /// `ctl -l`; nil is the asker's own daemon, and all keys.
  case listing(daemon: String?, key: [UInt8]?)
  /// `ctl -s`, `status NAME`; nil is the asker's own daemon
  case settings(daemon: String?)
  /// `status`: of every daemon that the asker may look at
  case allSettings
  /// `tail`
  case log(daemon: String?)
  /// What the daemon goes by, to make something else of it.
  case rules(daemon: String?, RuleOperation)
  /// What was made of it.
  case change(NewRules)
  /// A change that the kernel would have refused, so that the log tells of it.
  case vainChange(daemon: UInt32, Rule, added: Bool)
  /// `contid get`; nil is a process that is not there.
  case contids(of: ProcessHandle?)
  /// `contid set`
  case declare(ContidWish)
  /// `hook createRuntime`
  case announce(ProcessHandle?)
}

/// What is wanted of rules, as CONFIG_CHANGE names it.
enum RuleOperation: String, Sendable {
  case add = "add_rule"
  case remove = "remove_rule"
  case set
}

/// What comes of a wish.
enum Granted: Sendable {
  /// Whose connections are counted together, 0 for the host's, and how many of them there may be.
  case admission(of: UInt64, connections: Int)
  case status(CollectorSnapshot)
  case lines([String])
  case settings([DaemonSettings])
  case log(daemon: String, path: String)
  case rules(OldRules)
  /// A contid and those around it; the name of the innermost container.
  case contid([UInt64], container: String?)
  /// A container that begins.
  case begun(container: String, daemons: [String], isReady: Bool)
  case done
  /// Somebody else has changed the rules meanwhile.
  case outdated
  /// Not before so many nanoseconds have passed.
  case later(Int64)
}

/// The rules of a daemon as they are before a change.
struct OldRules: Sendable {
  /// `Daemon.number`
  let daemon: UInt32
  /// `LoadedRuleset.identity`: others have another one.
  let identity: UInt64
  let ruleset: Ruleset
  let options: RuleOptionsOfScope
  /// The daemon is the host's.
  let isHost: Bool
}

/// And after it.
struct NewRules: Sendable {
  let old: OldRules
  let operation: RuleOperation
  let settings: Settings
  let prepared: PreparedRuleset
}
