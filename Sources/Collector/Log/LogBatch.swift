internal import AuditRecords
import Synchronization

/// Whole lines on their way to a log.
final class LogBatch: @unchecked Sendable {
  var text: TextBuffer
  /// Where its text outlives the collector; nil if it does not.
  let kept: KeptText?
  /// Records in it.
  var records = 0
  /// Of these, how many events that were captured.
  var events = 0
  /// Bytes at its beginning that are the last of the batch before it: they are in the block in which it begins.
  private(set) var carried = 0
  /// Where its text begins in the daemon's stream.
  private(set) var start: UInt64 = 0
  /// Up to where its text is on the disk already.
  var written = 0
  /// A new file begins with it.
  var isFirst = false

  /// What has grown as long as this is handed on: it is still in the processor's cache when it is written.
  static let fullSize = 192 << 10
  /// A log that gets so much at a time may go over to blocks.
  static let blockSize = 32 << 10

  fileprivate init(in memory: KeptMemory?) {
    kept = memory.flatMap { KeptText(in: $0) }
    text = TextBuffer(in: (kept as (any TextMemory)?) ?? PageText())
    if kept == nil { memory?.giveUp() }
  }

  /// Bytes of its own.
  var count: Int { text.count - carried }

  /// - Parameters:
  ///   - stream: where it begins in the daemon's stream.
  ///   - tail: what it carries of the batch before it.
  func begin(at stream: UInt64, after tail: UnsafeRawBufferPointer, of log: KeptLog?) {
    text.append(tail)
    carried = tail.count
    written = tail.count
    start = stream - UInt64(tail.count)
    // Not before: whoever comes after a kill reads what stands there.
    if let log { kept?.begin(log: UInt64(log.index), at: stream, carrying: tail.count) }
  }

  fileprivate func clear() {
    kept?.end()
    text.removeAll()
    carried = 0
    records = 0
    events = 0
    written = 0
    isFirst = false
  }
}

/// Batches that are used again and again, by all logs: memory that was written before costs nothing more.
final class LogBatches: Sendable {
  /// Those whose memory has not grown are kept apart: a few lines in them are all that most logs have at a time.
  private static let smallSize = 16 << 10
  /// So many small ones are kept, and large ones with so many bytes together.
  private static let mostSmall = 1024
  private static let mostBytes = 8 << 20

  private struct State {
    var small: [LogBatch] = []
    var large: [LogBatch] = []
    var bytes = 0
  }
  private let state = Mutex(State())
  private let memory: KeptMemory?

  /// - Parameter memory: where they outlive the collector; nil if they need not.
  init(in memory: KeptMemory? = nil) { self.memory = memory }

  /// An empty batch.
  /// - Parameter expected: about so many bytes will be in it.
  func take(expecting expected: Int) -> LogBatch {
    state.withLock { state in
      if expected <= Self.smallSize, let batch = state.small.popLast() { return batch }
      guard let batch = state.large.popLast() else {
        return state.small.popLast() ?? LogBatch(in: memory)
      }
      state.bytes -= batch.text.capacity
      return batch
    }
  }

  /// Takes one back whose lines are written.
  func give(_ batch: LogBatch) {
    batch.clear()
    let size = batch.text.capacity
    state.withLock { state in
      if size <= Self.smallSize {
        if state.small.count < Self.mostSmall { state.small.append(batch) }
      } else if state.bytes + size <= Self.mostBytes {
        state.bytes += size
        state.large.append(batch)
      }
    }
  }
}
