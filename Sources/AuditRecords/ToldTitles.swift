/// Which title of a task each daemon goes on with: the kernel's audit keeps that of the first event that it wrote of
/// a task, whatever the task executes later (kernel/auditsc.c, audit_log_proctitle), and each daemon stands for an
/// audit of its own.
struct ToldTitles: ~Copyable {
  /// The daemons that were told of a task, by its present title.
  private var told: [UInt32: [UInt32]] = [:]
  private var kept: [UInt32: [KeptTitle]] = [:]

  /// Says that something of a task has been written to a daemon's log.
  @inline(__always)
  mutating func tell(_ task: UInt32, to daemon: UInt32) {
    if told[task]?.contains(daemon) == true { return }
    told[task, default: []].append(daemon)
  }

  /// Says that a task's title is another one from now on.
  mutating func replace(_ old: UnsafeRawBufferPointer?, of task: UInt32) {
    guard let daemons = told.removeValue(forKey: task), let old else { return }
    let bytes = Array(old)
    for daemon in daemons where kept[task]?.contains(where: { $0.daemon == daemon }) != true {
      kept[task, default: []].append(KeptTitle(daemon: daemon, bytes: bytes))
    }
  }

  /// The titles of a task that is called otherwise now; empty for almost all.
  func titles(_ task: UInt32) -> [KeptTitle] { kept.isEmpty ? [] : kept[task] ?? [] }

  /// Forgets a task that has ended.
  mutating func remove(_ task: UInt32) {
    told.removeValue(forKey: task)
    if !kept.isEmpty { kept.removeValue(forKey: task) }
  }
}

/// The title by which a daemon goes on to call a task.
public struct KeptTitle {
  /// Number of the daemon.
  public let daemon: UInt32
  /// First bytes of the command line.
  public let bytes: [UInt8]
}
