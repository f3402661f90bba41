/// What goes before a syscall's event and belongs to it, by task: parts one behind the other.
struct PendingParts: ~Copyable {
  private var slots: [UInt32: EventSlot] = [:]

  deinit { for slot in slots.values { slot.memory.deallocate() } }

  /// Adds a part of a task's next syscall; a first one begins anew.
  mutating func append(_ bytes: UnsafeRawBufferPointer, to task: UInt32, isFirst: Bool) {
    var slot = slots[task] ?? EventSlot()
    slot.store(bytes, at: isFirst ? 0 : slot.count)
    slots[task] = slot
  }

  /// Puts parts in place of what was there.
  mutating func replace(by bytes: UnsafeRawBufferPointer, of task: UInt32) {
    if bytes.count == 0 { clear(task) } else { append(bytes, to: task, isFirst: true) }
  }

  /// The parts; valid until the next change.
  func bytes(_ task: UInt32) -> UnsafeRawBufferPointer {
    slots[task]?.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// Forgets them, once the syscall has been told; their memory is kept for the next, unless it is large.
  mutating func clear(_ task: UInt32) {
    guard var slot = slots[task] else { return }
    if slot.memory.count > Self.mostKept { return remove(task) }
    slot.store(UnsafeRawBufferPointer(start: nil, count: 0), at: 0)
    slots[task] = slot
  }

  /// Forgets a task that has ended.
  mutating func remove(_ task: UInt32) {
    guard !slots.isEmpty else { return }
    slots.removeValue(forKey: task)?.memory.deallocate()
  }

  private static let mostKept = 16384
}

/// A task's bytes; their memory is used again for the next ones, and freed by whoever holds it.
struct EventSlot {
  private(set) var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private(set) var count = 0

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[0..<count]) }

  /// Puts bytes behind the first `offset`, and forgets what was there.
  mutating func store(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
    let needed = offset + bytes.count
    if memory.count < needed {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(needed, 2 * memory.count), alignment: 8)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[0..<offset]))
      memory.deallocate()
      memory = larger
    }
    if bytes.count > 0 {
      UnsafeMutableRawBufferPointer(rebasing: memory[offset..<needed]).copyMemory(from: bytes)
    }
    count = needed
  }
}
