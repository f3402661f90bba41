import CNestaudit
import Glibc

/// A process that is held by a descriptor: as long as it has not ended, its number is not another's.
public final class ProcessHandle: Sendable {
  /// In the first PID namespace.
  public let pid: UInt32
  /// pidfd_open(2).
  public let descriptor: Int32

  /// nil if there is no process with this number, or it is that of a thread.
  public convenience init?(_ pid: UInt32) {
    let descriptor = nestaudit_pidfd_open(Int32(bitPattern: pid))
    guard descriptor >= 0 else { return nil }
    self.init(pid, descriptor: descriptor)
  }

  /// - Parameter descriptor: a pidfd of the process; it is closed with the handle.
  public init(_ pid: UInt32, descriptor: Int32) {
    self.pid = pid
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Whether it has not ended: a pidfd can be read when it has.
  public var isAlive: Bool {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&state, 1, 0) == 0
  }

  /// The process that `viewer` knows by a number; nil if there is none.
  public convenience init?(_ number: UInt32, seenBy viewer: ProcessIdentity) {
    guard let namespace = viewer.numbers.first?.namespace else { return nil }
    let level = viewer.numbers.count - 1
    guard let pid = level == 0 ? number : Self.pid(of: number, at: level, in: namespace) else {
      return nil
    }
    self.init(pid)
    // Another may have had it before it was held.
    guard level == 0 || ProcessIdentity(of: pid).pid(in: namespace) == number else { return nil }
  }

  private static func pid(of number: UInt32, at level: Int, in namespace: UInt32) -> UInt32? {
    ProcessFile.processes().first { pid in
      guard let status = ProcessFile.lines("/proc/\(pid)/status") else { return false }
      let numbers = ProcessFile.numbers(status, "NSpid")
      return numbers.count > level && numbers[level] == number
        && ProcessIdentity(of: pid).pid(in: namespace) == number
    }
  }

  // MARK: What it is now

  /// It has been asked to end, or does.
  public var isEnding: Bool {
    // include/linux/sched.h, PF_EXITING: from before its end is told (kernel/exit.c, do_exit).
    guard let flags = ProcessFile.statField(pid, 9) else { return true }
    return flags & 0x4 != 0 || !isAlive
  }

  /// It has more than one thread.
  public var hasThreads: Bool {
    ProcessFile.lines("/proc/\(pid)/status").map { ProcessFile.numbers($0, "Threads") } != [1]
  }

  /// Some process has it for a parent.
  public var hasChildren: Bool {
    // With CONFIG_PROC_CHILDREN, which every kernel with checkpoints has.
    if let children = ProcessFile.read("/proc/\(pid)/task/\(pid)/children") {
      return !children.isEmpty
    }
    return ProcessFile.processes().contains { ProcessFile.parent($0) == pid }
  }

  /// Whether it comes from another process: that is its parent, or the parent of that, and so on.
  public func descends(from ancestor: UInt32) -> Bool {
    var parent = ProcessFile.parent(pid)
    for _ in 0..<Self.mostAncestors {
      guard let current = parent, current != 0 else { return false }
      if current == ancestor { return true }
      parent = ProcessFile.parent(current)
    }
    return false
  }

  /// The number of a process's parent; nil if it is gone, or has none here.
  public static func parent(of pid: UInt32) -> UInt32? {
    ProcessFile.parent(pid).flatMap { $0 == 0 ? nil : $0 }
  }

  private static let mostAncestors = 4096
}
