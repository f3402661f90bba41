/// The last lines of a log, as far as they fill no block: the batch that follows begins with them, so that its memory
/// has blocks where the file has them.
struct LogTail: ~Copyable {
  private var memory: UnsafeMutableRawPointer?
  private var count = 0

  deinit { memory?.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

  /// Keeps the last bytes of a text.
  /// - Parameter count: so many; less than a block.
  mutating func keep(_ count: Int, of text: UnsafeRawBufferPointer) {
    self.count = count
    guard count > 0 else { return }
    let memory = memory ?? .allocate(byteCount: BlockWrites.blockSize, alignment: 8)
    self.memory = memory
    memory.copyMemory(from: text.baseAddress! + text.count - count, byteCount: count)
  }
}
