internal import CLibBPF
import CNestaudit
import Glibc

/// Which contid was declared of a process, as BPF hands it on to all that come from it.
///
/// It borrows the maps' descriptors: it must not outlive the `Capture` that gave it.
public struct Declarations: @unchecked Sendable {
  /// By pidfd, of the process's first thread.
  private let tasks: KernelTable<Int32, UInt64>
  /// How many tasks each has.
  private let counts: KernelTable<UInt64, UInt64>
  private let counter: Int32
  private let control: UnsafeMutablePointer<policy_control>

  init(of programs: ProgramSet, control: UnsafeMutablePointer<policy_control>) {
    tasks = .init(of: programs, name: "declarations")
    counts = .init(of: programs, name: "declared_tasks")
    counter = programs.descriptor(ofProgram: "nestaudit_count")
    self.control = control
  }

  /// Nobody can declare anything.
  init(detached control: UnsafeMutablePointer<policy_control>) {
    tasks = .init(detached: "declarations")
    counts = .init(detached: "declared_tasks")
    counter = -1
    self.control = control
  }

  /// Some contid has been declared.
  public var isUsed: Bool { control.pointee.declared != 0 }

  /// Makes a contid one that tasks can have. They are not in its container before the tables of policies are published.
  public func begin(_ contid: UInt64) throws(CaptureError) {
    try counts.set(contid, 0)
    control.pointee.declared = 1
  }

  /// Takes a contid away: who still has it has none.
  public func end(_ contid: UInt64) { counts.remove(contid) }

  /// How many tasks have a contid.
  public func count(_ contid: UInt64) -> UInt64 { counts.value(contid) ?? 0 }

  /// The contid of the process behind a pidfd; nil if none was declared.
  public func contid(of process: Int32) -> UInt64? { isUsed ? tasks.value(process) : nil }

  /// Gives a contid to a process; what it makes from here on has it too.
  /// - Returns: the one that it had before, for `takeBack`.
  public func declare(_ contid: UInt64, of process: Int32) throws(CaptureError) -> UInt64? {
    let before = tasks.value(process)
    // Counted first: it may end at once.
    count(1, contid)
    do {
      try tasks.set(process, contid)
    } catch {
      count(-1, contid)
      throw error
    }
    if let before { count(-1, before) }
    return before
  }

  /// Takes it back.
  public func takeBack(_ contid: UInt64, of process: Int32, before: UInt64?) {
    // One that has ended was counted out by BPF.
    guard tasks.value(process) == contid, tasks.take(process) else { return }
    count(-1, contid)
    guard let before, (try? tasks.set(process, before)) != nil else { return }
    count(1, before)
  }

  private func count(_ change: Int64, _ contid: UInt64) {
    var question = declared_count(contid: contid, by: change)
    _ = SyscallProgram.run(counter, &question)
  }
}
