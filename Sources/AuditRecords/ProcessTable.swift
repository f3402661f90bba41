import CNestaudit

/// What was last said of each task, by thread id in the first PID namespace, and what goes before a syscall of
/// it: the arguments of an execve, the targets of a signal.
///
/// The events are kept as they came; a task's memory is used again for the next one.
public struct ProcessTable: ~Copyable {
  private struct Slot {
    var memory: UnsafeMutableRawBufferPointer
    var count: Int
  }

  private var slots: [UInt32: Slot] = [:]
  private var argvOwner: [UInt32: Slot] = [:]
  private var targetOwner: [UInt32: (slot: Slot, count: Int)] = [:]

  /// Knows nothing yet.
  public init() {}

  deinit {
    for slot in slots.values { slot.memory.deallocate() }
    for slot in argvOwner.values { slot.memory.deallocate() }
    for owner in targetOwner.values { owner.slot.memory.deallocate() }
  }

  /// How many tasks something is known of.
  public var count: Int { slots.count }

  /// Replaces what is known of a task.
  public mutating func update(_ event: ProcessEvent) {
    let bytes = event.bytes
    let task = event.fixed.header.task
    var slot = slots[task] ?? Slot(memory: .init(start: nil, count: 0), count: 0)
    Self.store(bytes, at: 0, in: &slot)
    slots[task] = slot
    clearArgv(task)
  }

  /// What is known of a task; valid until the table is next changed.
  @inline(__always)
  public func process(_ task: UInt32) -> ProcessEvent? {
    guard let slot = slots[task] else { return nil }
    return ProcessEvent(UnsafeRawBufferPointer(rebasing: slot.memory[0..<slot.count]))
  }

  /// Forgets a task that has ended.
  public mutating func remove(_ task: UInt32) {
    slots.removeValue(forKey: task)?.memory.deallocate()
    clearArgv(task)
    clearTargets(task)
  }

  /// Adds a part of the arguments of a task's execve; a first part begins anew.
  public mutating func append(_ event: ArgvEvent) {
    var slot = argvOwner[event.task] ?? Slot(memory: .init(start: nil, count: 0), count: 0)
    if event.offset == 0 { slot.count = 0 }
    // A part that does not follow belongs to an execve of which something was lost.
    if event.offset == slot.count { Self.store(event.data, at: slot.count, in: &slot) }
    argvOwner[event.task] = slot
  }

  /// The arguments of a task's execve, NUL-terminated one behind the other; empty if there are none.
  public func argv(_ task: UInt32) -> UnsafeRawBufferPointer {
    guard let slot = argvOwner[task] else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: slot.memory[0..<slot.count])
  }

  /// Forgets the arguments, once the execve has been told.
  public mutating func clearArgv(_ task: UInt32) {
    guard !argvOwner.isEmpty else { return }
    argvOwner.removeValue(forKey: task)?.memory.deallocate()
  }

  /// Adds a target of a task's syscall; the first begins anew.
  public mutating func append(_ event: TargetEvent) {
    let task = event.fixed.header.task
    var owner =
      targetOwner[task] ?? (Slot(memory: .init(start: nil, count: 0), count: 0), count: 0)
    if event.fixed.number == 0 { (owner.slot.count, owner.count) = (0, 0) }
    Self.store(event.bytes, at: owner.slot.count, in: &owner.slot)
    owner.count += 1
    targetOwner[task] = owner
  }

  /// The targets of a task's syscall; valid until the table is next changed.
  public func targets(_ task: UInt32) -> Targets {
    guard let owner = targetOwner[task] else { return .none }
    return Targets(
      bytes: UnsafeRawBufferPointer(rebasing: owner.slot.memory[0..<owner.slot.count]),
      count: owner.count)
  }

  /// Forgets the targets, once the syscall has been told.
  public mutating func clearTargets(_ task: UInt32) {
    guard !targetOwner.isEmpty else { return }
    targetOwner.removeValue(forKey: task)?.slot.memory.deallocate()
  }

  private static func store(_ bytes: UnsafeRawBufferPointer, at offset: Int, in slot: inout Slot) {
    let needed = offset + bytes.count
    if slot.memory.count < needed {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(needed, 2 * slot.memory.count), alignment: 8)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: slot.memory[0..<offset]))
      slot.memory.deallocate()
      slot.memory = larger
    }
    if bytes.count > 0 {
      UnsafeMutableRawBufferPointer(rebasing: slot.memory[offset..<needed]).copyMemory(from: bytes)
    }
    slot.count = needed
  }
}
