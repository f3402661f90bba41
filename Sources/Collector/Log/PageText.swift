internal import AuditRecords

/// Memory of a text that a disk can read from, and that ends with the collector.
final class PageText: TextMemory {
  private var memory: UnsafeMutableRawBufferPointer?

  deinit { memory?.deallocate() }

  func grow(toHold needed: Int, of count: Int) -> UnsafeMutableRawBufferPointer {
    grow(toHold: needed, from: memory.map { UnsafeRawPointer($0.baseAddress!) }, of: count)
  }

  /// The same, with the bytes from elsewhere.
  func grow(
    toHold needed: Int, from old: UnsafeRawPointer?, of count: Int
  ) -> UnsafeMutableRawBufferPointer {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(needed, BlockWrites.blockSize), alignment: BlockWrites.blockSize)
    if let old { larger.baseAddress!.copyMemory(from: old, byteCount: count) }
    memory?.deallocate()
    memory = larger
    return larger
  }
}
