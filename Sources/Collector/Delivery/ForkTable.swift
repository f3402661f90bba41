internal import AuditRecords
internal import AuditRules
internal import Containers

/// What the task lists of daemons said when tasks were made; it holds for a task's whole life.
final class ForkTable {
  /// Of one task.
  final class Verdicts {
    enum Verdict {
      case none
      case never
      case always(key: UnsafeRawBufferPointer?)
    }

    fileprivate var entries: [(daemon: Daemon, isAlways: Bool, key: StableBytes?)] = []

    deinit { for entry in entries { entry.key?.free() } }

    func verdict(of daemon: Daemon) -> Verdict {
      for entry in entries where entry.daemon === daemon {
        return entry.isAlways ? .always(key: entry.key?.bytes) : .never
      }
      return .none
    }
  }

  private var tasks: [UInt32: Verdicts] = [:]
  private var subjects = SubjectMaker()

  /// What was said of a task; nil if no list had anything to say.
  func verdicts(of task: UInt32) -> Verdicts? { tasks.isEmpty ? nil : tasks[task] }

  /// Asks the lists of the daemons of `entry` about a task that `parent` has made.
  func fork(_ child: UInt32, by parent: ProcessEvent, in entry: ContainerEntry) {
    let verdicts = Verdicts()
    for route in entry.routes {
      let ruleset = route.daemon.ruleset.compiled
      guard ruleset.hasTaskRules, !route.needsPID || route.view.contains(parent) else { continue }
      subjects.make(parent, route.view)
      subjects.subject.pointee.contids = route.contids.values
      switch ruleset.decideFork(subjects.subject.pointee, watches: route.watches?.pointer) {
      case .none: continue
      case .never: verdicts.entries.append((route.daemon, false, nil))
      case .always(let rule):
        verdicts.entries.append((route.daemon, true, ruleset.key(of: rule).map(StableBytes.init)))
      }
    }
    tasks[child] = verdicts.entries.isEmpty ? nil : verdicts
    if !verdicts.entries.isEmpty { onVerdicts(kept(verdicts, of: child)) }
  }

  // MARK: For a collector that takes over

  /// What is kept of one task.
  struct Kept: Codable {
    /// What one daemon's list said.
    struct Verdict: Codable {
      let daemon: String
      let isAlways: Bool
      let key: [UInt8]?
    }

    let task: UInt32
    let verdicts: [Verdict]
  }

  /// Told when lists had something to say.
  var onVerdicts: (Kept) -> Void = { _ in }

  private func kept(_ verdicts: Verdicts, of task: UInt32) -> Kept {
    Kept(
      task: task,
      verdicts: verdicts.entries.map {
        .init(
          daemon: $0.daemon.name, isAlways: $0.isAlways, key: $0.key.map { Array($0.bytes) })
      })
  }

  /// All that lists have said.
  var all: [Kept] { tasks.map { kept($0.value, of: $0.key) } }

  /// Puts it there again.
  func restore(_ kept: Kept, daemon: (String) -> Daemon?) {
    let verdicts = Verdicts()
    for verdict in kept.verdicts {
      guard let daemon = daemon(verdict.daemon) else { continue }
      let key = verdict.key.map { $0.withUnsafeBytes { StableBytes($0) } }
      verdicts.entries.append((daemon, verdict.isAlways, key))
    }
    tasks[kept.task] = verdicts.entries.isEmpty ? nil : verdicts
  }

  /// Gives what was said of each task, for a recording that begins now.
  func forEach(
    _ body: (UInt32, [(daemon: Daemon, isAlways: Bool, key: StableBytes?)]) -> Void
  ) {
    for task in tasks.keys.sorted() { body(task, tasks[task]!.entries) }
  }

  /// Goes on with what was said of a task before.
  func restore(
    _ verdicts: [(daemon: Daemon, isAlways: Bool, key: StableBytes?)], of task: UInt32
  ) {
    let restored = Verdicts()
    restored.entries = verdicts
    tasks[task] = verdicts.isEmpty ? nil : restored
  }

  /// Forgets a task that has ended.
  func remove(_ task: UInt32) {
    if !tasks.isEmpty { tasks[task] = nil }
  }
}
