import CNestaudit

/// What is known of tasks, for a recording that begins now.
extension ProcessTable {
  /// Gives, for each task, the events by which a table comes to know the same of it, and what else there is.
  /// - Parameters:
  ///   - event: is given events one after the other, as they came.
  ///   - titles: is given the numbers of the daemons that were told of the task, and by which titles some go on to call it.
  public func forEachTask(
    event: (UnsafeRawBufferPointer) -> Void,
    titles body: (_ task: UInt32, _ told: [UInt32], _ kept: [KeptTitle]) -> Void
  ) {
    for task in tasks.keys.sorted() {
      guard let known = tasks[task], let process = known.pointee.event else { continue }
      event(process.bytes)
      forEachPart(of: task, process, event)
      body(task, known.pointee.told, titles.titles(task))
    }
  }

  /// What came before a syscall of which the end is not there yet.
  private func forEachPart(
    of task: UInt32, _ process: ProcessEvent, _ event: (UnsafeRawBufferPointer) -> Void
  ) {
    var offset = 0
    let arguments = arguments.bytes(task)
    while offset < arguments.count {
      let part = UnsafeRawBufferPointer(
        rebasing: arguments[offset...].prefix(Int(EVENT_ARGV_CHUNK)))
      Self.withArgv(part, at: offset, of: process, event)
      offset += part.count
    }
    requests.split(task, event)
    touched.split(task, event)
    targets.split(task, event)
    owns.split(task, event)
  }

  private static func withArgv(
    _ data: UnsafeRawBufferPointer, at offset: Int, of process: ProcessEvent,
    _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let head = MemoryLayout<event_argv>.size
    let size = (head + data.count + 7) & ~7
    var fixed = event_argv()
    fixed.header = process.fixed.header
    fixed.header.type = UInt16(EVENT_ARGV.rawValue)
    fixed.header.flags = 0
    fixed.header.size = UInt32(size)
    fixed.offset = UInt32(offset)
    fixed.length = UInt32(data.count)
    withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      bytes.storeBytes(of: fixed, as: event_argv.self)
      UnsafeMutableRawBufferPointer(rebasing: bytes[head...]).copyMemory(from: data)
      body(UnsafeRawBufferPointer(bytes))
    }
  }

  /// Goes on with what `forEachTask` gave besides events.
  public mutating func restore(titles kept: [KeptTitle], told: [UInt32], of task: UInt32) {
    guard let known = tasks[task] else { return }
    known.pointee.told = told
    titles.restore(kept, of: task)
  }
}

extension PendingParts {
  /// Gives the events of a task that lie one behind the other.
  fileprivate func split(_ task: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) {
    let bytes = bytes(task)
    var at = 0
    while bytes.count - at >= MemoryLayout<event_header>.size {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
      let size = Int(rest.loadUnaligned(as: event_header.self).size)
      guard size > 0, size <= rest.count else { return }
      body(UnsafeRawBufferPointer(rebasing: rest[..<size]))
      at += size
    }
  }
}
