import CNestaudit

/// What was last said of each task, by thread id in the first PID namespace, and what goes before a syscall of
/// it: the arguments of an execve, the targets of a signal, the files that it touches, records of the kernel's own.
///
/// The events are kept as they came; a task's memory is used again for the next one.
public struct ProcessTable: ~Copyable {
  var tasks: [UInt32: UnsafeMutablePointer<KnownTask>] = [:]
  /// The one that was asked for last: one event of a task seldom comes alone.
  private var recent: (task: UInt32, known: UnsafeMutablePointer<KnownTask>)?
  var arguments = PendingParts()
  var targets = PendingParts()
  var touched = PendingParts()
  var owns = PendingParts()
  var requests = PendingParts()
  var titles = KeptTitles()
  /// Tasks of which something that goes before a syscall has come since `takeTouchedParts`; one may be there twice.
  private var withNewParts: [UInt32] = []

  /// Knows nothing yet.
  public init() {}

  deinit { for known in tasks.values { Self.free(known) } }

  private static func free(_ known: UnsafeMutablePointer<KnownTask>) {
    known.deinitialize(count: 1)
    known.deallocate()
  }

  /// How many tasks something is known of.
  public var count: Int { tasks.count }

  @inline(__always)
  private mutating func known(_ task: UInt32) -> UnsafeMutablePointer<KnownTask>? {
    if let recent, recent.task == task { return recent.known }
    guard let known = tasks[task] else { return nil }
    recent = (task, known)
    return known
  }

  /// Replaces what is known of a task.
  public mutating func update(_ event: ProcessEvent) {
    let task = event.fixed.header.task
    if let known = known(task) {
      if let title = known.pointee.event?.title, !title.isSame(as: event.title) {
        titles.keep(title, for: known.pointee.told, of: task)
        known.pointee.told.removeAll()
      }
      known.pointee.replace(by: event)
    } else {
      let made = UnsafeMutablePointer<KnownTask>.allocate(capacity: 1)
      made.initialize(to: KnownTask())
      made.pointee.replace(by: event)
      tasks[task] = made
    }
    arguments.clear(task)
  }

  /// What is known of a task; valid until the table is next changed.
  @inline(__always)
  public mutating func process(_ task: UInt32) -> ProcessEvent? { known(task)?.pointee.event }

  /// Forgets a task that has ended.
  public mutating func remove(_ task: UInt32) {
    if recent?.task == task { recent = nil }
    if let known = tasks.removeValue(forKey: task) { Self.free(known) }
    arguments.remove(task)
    targets.remove(task)
    touched.remove(task)
    owns.remove(task)
    requests.remove(task)
    titles.remove(task)
  }

  // MARK: Titles

  /// Says that something of a task has been written to a daemon's log.
  @inline(__always)
  public mutating func tell(_ task: UInt32, to daemon: UInt32) {
    guard let known = known(task), !known.pointee.told.contains(daemon) else { return }
    known.pointee.told.append(daemon)
  }

  /// By which titles daemons go on to call a task that is called otherwise now.
  @inline(__always)
  public func keptTitles(_ task: UInt32) -> [KeptTitle] { titles.titles(task) }

  // MARK: What goes before a syscall

  /// Adds a part of the arguments of a task's execve; a first part begins anew.
  public mutating func append(_ event: ArgvEvent) {
    // A part that does not follow belongs to an execve of which something was lost.
    guard event.offset == 0 || event.offset == arguments.bytes(event.task).count else { return }
    notePart(of: event.task)
    arguments.append(event.data, to: event.task, isFirst: event.offset == 0)
  }

  /// The arguments of a task's execve, NUL-terminated one behind the other; empty if there are none. Valid, as all
  /// below, until the table is next changed.
  public func argv(_ task: UInt32) -> UnsafeRawBufferPointer { arguments.bytes(task) }

  /// Forgets the arguments, once the execve has been told.
  public mutating func clearArgv(_ task: UInt32) { arguments.clear(task) }

  /// Adds a target of a task's syscall; the first begins anew.
  public mutating func append(_ event: TargetEvent) {
    notePart(of: event.fixed.header.task)
    targets.append(
      event.bytes, to: event.fixed.header.task, isFirst: event.fixed.number == 0)
  }

  /// The targets of a task's syscall.
  public func targets(_ task: UInt32) -> Targets { Targets(bytes: targets.bytes(task)) }

  /// Forgets the targets, once the syscall has been told.
  public mutating func clearTargets(_ task: UInt32) { targets.clear(task) }

  /// Adds a file that a task's syscall touches; the first begins anew.
  public mutating func append(_ event: TouchedEvent) {
    notePart(of: event.fixed.header.task)
    touched.append(event.bytes, to: event.fixed.header.task, isFirst: event.fixed.first != 0)
  }

  /// The files that a task's syscall touches.
  public func touched(_ task: UInt32) -> TouchedFiles { TouchedFiles(bytes: touched.bytes(task)) }

  /// Forgets them, once the syscall has been told.
  public mutating func clearTouched(_ task: UInt32) { touched.clear(task) }

  /// Adds a record of the kernel's own that belongs to a task's syscall.
  public mutating func append(_ event: OwnEvent) {
    notePart(of: event.process.fixed.header.task)
    owns.append(event.bytes, to: event.process.fixed.header.task, isFirst: false)
  }

  /// The records of the kernel's own that belong to a task's syscall.
  public func owns(_ task: UInt32) -> OwnEvents { OwnEvents(bytes: owns.bytes(task)) }

  /// Forgets them, once the syscall has been told.
  public mutating func clearOwns(_ task: UInt32) { owns.clear(task) }

  /// Adds a request that was run in a task's syscall, with the files that it has touched.
  /// - Returns: false if there are too many already: one of them is an event of its own.
  public mutating func append(_ request: RingRequest) -> Bool {
    let task = request.event.fixed.header.task
    guard requests.bytes(task).count < Self.mostOfRequests else { return false }
    notePart(of: task)
    requests.append(request.event.bytes, to: task, isFirst: false)
    if request.event.fixed.touches != 0 {
      requests.append(touched.bytes(task), to: task, isFirst: false)
    }
    return true
  }

  /// Bytes of the requests of one syscall that are kept: of some, all names can be 4095 bytes long.
  private static let mostOfRequests = 1 << 20

  /// The requests that were run in a task's syscall.
  public func requests(_ task: UInt32) -> RingRequests {
    RingRequests(bytes: requests.bytes(task))
  }

  /// Forgets them, once the syscall has been told.
  public mutating func clearRequests(_ task: UInt32) { requests.clear(task) }

  // MARK: For a collector that takes over

  @inline(__always)
  private mutating func notePart(of task: UInt32) {
    if withNewParts.last != task { withNewParts.append(task) }
  }

  /// The tasks of which something that goes before a syscall has come since the last call.
  public mutating func takeNewParts() -> [UInt32] {
    if withNewParts.isEmpty { return [] }
    defer { withNewParts.removeAll(keepingCapacity: true) }
    return withNewParts
  }

  /// What there is of a task's next syscall: its arguments, targets, files, records of the kernel's own, requests.
  public func parts(_ task: UInt32) -> [UnsafeRawBufferPointer] {
    [
      arguments.bytes(task), targets.bytes(task), touched.bytes(task), owns.bytes(task),
      requests.bytes(task),
    ]
  }

  /// Puts it there again, in the same order.
  public mutating func restore(_ parts: [UnsafeRawBufferPointer], of task: UInt32) {
    precondition(parts.count == 5)
    arguments.replace(by: parts[0], of: task)
    targets.replace(by: parts[1], of: task)
    touched.replace(by: parts[2], of: task)
    owns.replace(by: parts[3], of: task)
    requests.replace(by: parts[4], of: task)
  }

  /// What was last said of each task, in no order.
  public func forEach(_ body: (ProcessEvent) -> Void) {
    for known in tasks.values { if let event = known.pointee.event { body(event) } }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func isSame(as other: UnsafeRawBufferPointer?) -> Bool {
    guard let other else { return false }
    return elementsEqual(other)
  }
}
