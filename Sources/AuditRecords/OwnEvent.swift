import CNestaudit

/// EVENT_OWN: what the kernel's audit tells of a task although no rule asks for it.
///
/// Valid as long as the bytes are.
public struct OwnEvent {
  /// The task, as EVENT_PROCESS says it.
  public let process: ProcessEvent
  /// Which record it is.
  public let type: RecordType
  /// The numbers or the text of the record: `enum special_type`.
  let data: UnsafeRawBufferPointer
  /// The whole event.
  let bytes: UnsafeRawBufferPointer

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<event_process>.size else { return nil }
    let size = Int(bytes.loadUnaligned(as: event_header.self).size)
    guard size <= bytes.count else { return nil }
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes[0..<size])
    guard let process = ProcessEvent(self.bytes), let special = process.special,
      let type = RecordType(rawValue: UInt32(special.type)),
      special.data.count >= 8 * Self.leastNumbers(type)
    else { return nil }
    self.process = process
    self.type = type
    data = special.data
  }

  /// It belongs to the syscall that the task is in.
  public var isOfSyscall: Bool {
    UInt32(process.fixed.header.flags) & EVENT_OF_SYSCALL.rawValue != 0
  }

  /// kernel/seccomp.c asks nobody whether the audit is on.
  public var needsAuditOn: Bool { type != .seccomp }

  private static func leastNumbers(_ type: RecordType) -> Int {
    switch type {
    case .seccomp: 7
    case .fanotify: 6
    case .login: 5
    case .bpf: 2
    case .anomAbend: 1
    case .anomPromiscuous: 0
    // No record of the kernel's own.
    default: .max / 8
    }
  }

  func number(_ index: Int) -> UInt64 {
    data.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
  }
}

/// The records of the kernel's own that go before a syscall's event, one behind the other.
public struct OwnEvents {
  let bytes: UnsafeRawBufferPointer

  /// None.
  public static var none: OwnEvents {
    OwnEvents(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Whether there are none.
  public var isEmpty: Bool { bytes.count == 0 }

  /// Goes through them in their order.
  @inline(__always)
  public func forEach(_ body: (OwnEvent) -> Void) {
    var at = 0
    while at < bytes.count,
      let event = OwnEvent(UnsafeRawBufferPointer(rebasing: bytes[at...]))
    {
      body(event)
      at += event.bytes.count
    }
  }
}
