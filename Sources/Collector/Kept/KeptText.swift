internal import AuditRecords
import CNestaudit
import Glibc

/// The memory of a batch of text, in the kept file: it is still there when the collector was killed.
final class KeptText: TextMemory {
  private let memory: KeptMemory
  private let index: UInt32
  /// nil before it is first used.
  private var mapping: UnsafeMutableRawPointer?
  private var mapped = 0
  /// Bytes that have room in the file.
  private var capacity = 0
  /// Where the file has no room: it is not kept.
  private var stray: PageText?

  private static let mappedAtFirst = 256 << 10
  private static let smallest = 16 << 10

  /// nil if no batch more can be kept.
  init?(in memory: KeptMemory) {
    guard let index = memory.takeBatch() else { return nil }
    self.memory = memory
    self.index = index
  }

  deinit {
    if let mapping { munmap(mapping, mapped) }
    if capacity > 0 {
      nestaudit_deallocate(memory.descriptor, KeptMemory.textOffset(index), UInt64(capacity))
    }
    memory.giveBackBatch(index)
  }

  /// What is written from here on is a piece of a log's stream.
  /// - Parameter carried: bytes before it that are there already.
  func begin(log: UInt64, at start: UInt64, carrying carried: Int = 0) {
    memory.batch(index).pointee.start = start
    nestaudit_store_release(&memory.batch(index).pointee.log, UInt64(carried) << 32 | (log + 1))
  }

  /// It is in the log.
  func end() { nestaudit_store_release(&memory.batch(index).pointee.log, 0) }

  func grow(toHold needed: Int, of count: Int) -> UnsafeMutableRawBufferPointer {
    if stray == nil, let room = keep(needed) { return room }
    // The text goes on to the log; what is not kept is that it outlives us.
    memory.giveUp()
    if let stray { return stray.grow(toHold: needed, of: count) }
    let begun = PageText()
    stray = begun
    return begun.grow(toHold: needed, from: mapping.map { UnsafeRawPointer($0) }, of: count)
  }

  private func keep(_ needed: Int) -> UnsafeMutableRawBufferPointer? {
    let page = 4096
    let wanted = max(Self.smallest, (needed + page - 1) & ~(page - 1))
    guard wanted <= Int(KEPT_TEXT_SIZE) else { return nil }
    let offset = KeptMemory.textOffset(index)
    if wanted > capacity {
      guard memory.allocate(offset + UInt64(capacity), UInt64(wanted - capacity)) else {
        return nil
      }
      capacity = wanted
    }
    if let known = mapping, wanted > mapped {
      guard let moved = nestaudit_extend(known, UInt64(mapped), UInt64(wanted)) else { return nil }
      mapping = moved
      mapped = wanted
    } else if mapping == nil {
      mapped = max(Self.mappedAtFirst, wanted)
      let made = mmap(
        nil, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, memory.descriptor, off_t(offset))
      guard let made, made != MAP_FAILED else { return nil }
      mapping = made
    }
    return UnsafeMutableRawBufferPointer(start: mapping, count: capacity)
  }
}
