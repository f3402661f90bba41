public import CNestaudit

/// EVENT_TARGET: a process that a signal went to, or that ptrace took.
///
/// Valid as long as the bytes are.
public struct TargetEvent {
  /// All but its numbers; ids are the kernel's.
  public let fixed: event_target
  /// The whole event.
  let bytes: UnsafeRawBufferPointer

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<event_target>.size else { return nil }
    fixed = bytes.loadUnaligned(as: event_target.self)
    let size = Int(fixed.header.size)
    guard size >= MemoryLayout<event_target>.size, size <= bytes.count else { return nil }
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes[0..<size])
  }

  /// Its number in the PID namespace with this inode, 0 for the first one; 0 if it has none there.
  @inline(__always)
  func pid(in namespace: UInt32) -> UInt32 {
    let size = MemoryLayout<event_target_pid>.size
    var at = MemoryLayout<event_target>.size
    for _ in 0..<fixed.levels where at + size <= bytes.count {
      let pid = bytes.loadUnaligned(fromByteOffset: at, as: event_target_pid.self)
      if namespace == 0 || pid.ns == namespace { return pid.tgid }
      at += size
    }
    return 0
  }
}

extension TargetEvent {
  /// Its security label; nil where no LSM gives one.
  var label: UnsafeRawBufferPointer? {
    let start =
      MemoryLayout<event_target>.size + Int(fixed.levels) * MemoryLayout<event_target_pid>.size
    let end = start + Int(fixed.label)
    return end > start && end <= bytes.count
      ? UnsafeRawBufferPointer(rebasing: bytes[start..<end]) : nil
  }
}

/// The targets of one syscall, one behind the other.
public struct Targets {
  let bytes: UnsafeRawBufferPointer
  /// How many there are.
  public let count: Int
  /// AUDIT_AUX_PIDS: kernel/auditsc.c.
  private static let perGroup = 16

  /// None.
  public static var none: Targets {
    Targets(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    var (count, at) = (0, 0)
    while at < bytes.count,
      let target = TargetEvent(UnsafeRawBufferPointer(rebasing: bytes[at...]))
    {
      count += 1
      at += target.bytes.count
    }
    self.count = count
  }

  /// The one that begins at a byte.
  @inline(__always)
  func target(at offset: Int) -> TargetEvent? {
    guard offset < bytes.count else { return nil }
    return TargetEvent(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
  }

  /// In how many runs the kernel tells them.
  var runCount: Int { count == 0 ? 0 : 1 + (count - 1 + Self.perGroup - 1) / Self.perGroup }

  /// Which of them a run has: the first target goes last; before it the others in groups, the latest group
  /// first (kernel/auditsc.c, audit_signal_info_syscall, audit_log_exit).
  func run(_ number: Int) -> Range<Int> {
    let group = runCount - 2 - number
    if group < 0 { return 0..<1 }
    let first = 1 + group * Self.perGroup
    return first..<min(first + Self.perGroup, count)
  }
}
