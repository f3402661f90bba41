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
  /// Bytes of it that are on the disk already.
  var written = 0
  /// A new file begins with it.
  var isFirst = false

  /// What has grown as long as this is handed on: it is still in the processor's cache when it is written.
  static let fullSize = 192 << 10

  fileprivate init(in memory: KeptMemory?) {
    kept = memory.flatMap { KeptText(in: $0) }
    text = kept.map { TextBuffer(in: $0) } ?? TextBuffer(capacity: 4096)
    if kept == nil { memory?.giveUp() }
  }

  fileprivate func clear() {
    kept?.end()
    text.removeAll()
    records = 0
    events = 0
    written = 0
    isFirst = false
  }
}

/// Batches that are used again and again, by all logs: memory that was written before costs nothing more.
final class LogBatches: Sendable {
  /// So many are kept, with so many bytes together.
  private static let most = 64
  private static let mostBytes = 8 << 20

  private struct State {
    var free: [LogBatch] = []
    var bytes = 0
  }
  private let state = Mutex(State())
  private let memory: KeptMemory?

  /// - Parameter memory: where they outlive the collector; nil if they need not.
  init(in memory: KeptMemory? = nil) { self.memory = memory }

  /// An empty batch.
  func take() -> LogBatch {
    state.withLock { state in
      guard let batch = state.free.popLast() else { return LogBatch(in: memory) }
      state.bytes -= batch.text.capacity
      return batch
    }
  }

  /// Takes one back whose lines are written.
  func give(_ batch: LogBatch) {
    batch.clear()
    state.withLock { state in
      guard state.free.count < Self.most, state.bytes + batch.text.capacity <= Self.mostBytes
      else { return }
      state.bytes += batch.text.capacity
      state.free.append(batch)
    }
  }
}
