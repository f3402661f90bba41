/// Which title of a task each daemon goes on with: the kernel's audit keeps that of the first event that it wrote of
/// a task, whatever the task executes later (kernel/auditsc.c, audit_log_proctitle), and each daemon stands for an
/// audit of its own.
struct KeptTitles: ~Copyable {
  private var kept: [UInt32: [KeptTitle]] = [:]

  /// Says that a task has another title from now on, and which daemons were told of it by the old one.
  mutating func keep(_ old: UnsafeRawBufferPointer, for daemons: [UInt32], of task: UInt32) {
    let bytes = Array(old)
    for daemon in daemons where kept[task]?.contains(where: { $0.daemon == daemon }) != true {
      kept[task, default: []].append(KeptTitle(daemon: daemon, bytes: bytes))
    }
  }

  /// Goes on with titles that were kept before.
  mutating func restore(_ titles: [KeptTitle], of task: UInt32) {
    kept[task] = titles.isEmpty ? nil : titles
  }

  /// The titles of a task that is called otherwise now; empty for almost all.
  func titles(_ task: UInt32) -> [KeptTitle] { kept.isEmpty ? [] : kept[task] ?? [] }

  /// Forgets a task that has ended.
  mutating func remove(_ task: UInt32) {
    if !kept.isEmpty { kept.removeValue(forKey: task) }
  }
}

/// The title by which a daemon goes on to call a task.
public struct KeptTitle {
  /// Number of the daemon.
  public let daemon: UInt32
  /// First bytes of the command line.
  public let bytes: [UInt8]

  /// A title that a daemon goes on with.
  public init(daemon: UInt32, bytes: [UInt8]) {
    self.daemon = daemon
    self.bytes = bytes
  }
}
