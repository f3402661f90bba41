public import CNestaudit

/// EVENT_REQUEST: a request of io_uring that was run.
///
/// Valid as long as the bytes are.
public struct RingRequest {
  /// As if by the syscall that does the same, with the files that it touched.
  public let event: SyscallEvent
  /// What URINGOP tells of it.
  public let fixed: event_request

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer, touched: TouchedFiles = .none) {
    guard bytes.count >= MemoryLayout<event_header>.size else { return nil }
    let size = Int(bytes.loadUnaligned(as: event_header.self).size)
    guard size <= bytes.count,
      var event = SyscallEvent(UnsafeRawBufferPointer(rebasing: bytes[0..<size])),
      event.isRequest, let data = event.section(SECTION_REQUEST, index: 0),
      data.count >= MemoryLayout<event_request>.size
    else { return nil }
    event.touched = touched
    self.event = event
    fixed = data.loadUnaligned(as: event_request.self)
  }

  /// It was run in the syscall that the task is in.
  public var isOfSyscall: Bool {
    UInt32(event.fixed.header.flags) & EVENT_OF_SYSCALL.rawValue != 0
  }
}

/// Requests of one task: one, or some that lie one behind the other, each followed by the files that it touched.
public struct RingRequests {
  private let only: RingRequest?
  private let bytes: UnsafeRawBufferPointer

  /// None.
  public static var none: RingRequests {
    RingRequests(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  /// One.
  public init(_ request: RingRequest) {
    only = request
    bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  init(bytes: UnsafeRawBufferPointer) {
    only = nil
    self.bytes = bytes
  }

  /// Whether there are none.
  public var isEmpty: Bool { only == nil && bytes.count == 0 }

  /// Goes through them in their order.
  public func forEach(_ body: (RingRequest) -> Void) {
    if let only { body(only) }
    var at = 0
    while at < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
      guard let size = RingRequest(rest)?.event.bytes.count else { return }
      var end = at + size
      while let touched = TouchedEvent(UnsafeRawBufferPointer(rebasing: bytes[end...])),
        UInt32(touched.fixed.header.type) == EVENT_TOUCHED.rawValue
      {
        end += touched.bytes.count
      }
      let files = TouchedFiles(bytes: UnsafeRawBufferPointer(rebasing: bytes[(at + size)..<end]))
      if let request = RingRequest(rest, touched: files) { body(request) }
      at = end
    }
  }
}

/// What a daemon is told of a request.
public struct ToldRequest {
  let request: RingRequest
  let key: UnsafeRawBufferPointer?
  let items: Int

  /// - Parameters:
  ///   - key: of the rule that asked; nil is (null).
  ///   - items: how many names the event had by then.
  public init(_ request: RingRequest, key: UnsafeRawBufferPointer?, items: Int) {
    self.request = request
    self.key = key
    self.items = items
  }
}

/// io_uring: kernel/auditsc.c, audit_log_uring.
extension EventRenderer {
  /// Settles names one event after another: forgets those that were planned.
  public mutating func beginPlan() { plan.removeAll() }

  /// Adds those of one event.
  public mutating func planMore(_ event: SyscallEvent, milliseconds: Int64) {
    plan.append(event, loaderName: nil, milliseconds: milliseconds)
  }

  /// Renders an event that is a request of its own.
  public mutating func render(
    _ told: ToldRequest, process: ProcessEvent, seconds: Int64, milliseconds: Int,
    enriched: Bool = false
  ) {
    beginEvent(of: process, seconds, milliseconds, enriched)
    renderRequest(told, process, isAlone: true)
    renderAddress(told.request.event)
    renderNames(told.request.event)
  }

  /// - Parameter isAlone: no SYSCALL goes with it.
  mutating func renderRequest(_ told: ToldRequest, _ process: ProcessEvent, isAlone: Bool) {
    let request = told.request.fixed
    let task = process.fixed
    begin(.uringop)
    segments.text.append("uring_op=")
    segments.text.append(decimal: UInt64(request.operation))
    segments.text.append(request.issued == 0 ? " success=yes exit=" : " success=no exit=")
    segments.text.append(signed: request.issued)
    segments.text.append(" items=")
    segments.text.append(decimal: UInt64(told.items))
    segments.text.append(" ppid=")
    segments.place(.ppid)
    segments.text.append(" pid=")
    segments.place(.pid)
    appendIDs(task)
    segments.text.append(label: process)
    segments.text.append(" key=")
    if let key = told.key {
      segments.text.append(untrusted: key)
    } else {
      segments.text.append("(null)")
    }
    if isAlone { segments.place(.containerLink) }
    end()
  }

  private mutating func appendIDs(_ task: event_process) {
    field(" uid=", .uid, task.uid)
    field(" gid=", .gid, task.gid)
    field(" euid=", .uid, task.euid)
    field(" suid=", .uid, task.suid)
    field(" fsuid=", .uid, task.fsuid)
    field(" egid=", .gid, task.egid)
    field(" sgid=", .gid, task.sgid)
    field(" fsgid=", .gid, task.fsgid)
  }
}
