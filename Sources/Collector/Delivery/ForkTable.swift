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
  private let subjects = SubjectMaker()

  /// What was said of a task; nil if no list had anything to say.
  func verdicts(of task: UInt32) -> Verdicts? { tasks.isEmpty ? nil : tasks[task] }

  /// Asks the lists of the daemons of `entry` about a task that `parent` has made.
  func fork(_ child: UInt32, by parent: ProcessEvent, in entry: ContainerEntry) {
    let verdicts = Verdicts()
    for route in entry.routes {
      let ruleset = route.daemon.ruleset.compiled
      guard ruleset.hasTaskRules, !route.needsPID || route.view.contains(parent) else { continue }
      var subject = subjects.make(parent, route.view)
      subject.contids = route.contids.values
      switch ruleset.decideFork(subject, watches: route.watches?.pointer) {
      case .none: continue
      case .never: verdicts.entries.append((route.daemon, false, nil))
      case .always(let rule):
        verdicts.entries.append((route.daemon, true, ruleset.key(of: rule).map(StableBytes.init)))
      }
    }
    tasks[child] = verdicts.entries.isEmpty ? nil : verdicts
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
