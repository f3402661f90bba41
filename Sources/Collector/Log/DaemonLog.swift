internal import AuditRecords
import Glibc
import Synchronization

/// A daemon's log as the drain thread sees it: buffers go in at once, a writer thread takes them to the disk.
final class DaemonLog: Sendable {
  private struct State: ~Copyable {
    var file: LogFile?
    var waiting: [LogBatch] = []
    var closing = false
    var closed = false
    var isLeft = false
    var failure: String?
  }

  let path: String
  /// Records that wait for the disk, and those that are on it.
  private let queued = Atomic<Int>(0)
  private let done = Atomic<UInt64>(0)
  private let events = Atomic<Int>(0)
  private let failing = Atomic<Bool>(false)
  /// Bytes that wait for the disk, and those in the log and its rotated predecessors.
  private let queuedBytes = Atomic<Int>(0)
  private let storedBytes = Atomic<Int>(0)
  private let state: Mutex<State>
  private let writer: LogWriter
  private let batches: LogBatches
  /// Where what is not in the file yet outlives the collector; nil if it does not.
  private let kept: KeptLog?
  /// Bytes of a torn line that were cut off when it was opened.
  let cutOff: Int

  /// Opens the log, or creates it, and finds the thread that writes to its file system.
  init(
    path: String, configuration: AuditdConfiguration, writers: LogWriters, kept: KeptLog? = nil
  ) throws(LogError) {
    let file = try LogFile(path: path, configuration: configuration, kept: kept)
    self.path = path
    self.kept = kept
    cutOff = file.cutOff
    storedBytes.store(file.size + file.rotatedBytes(), ordering: .relaxed)
    writer = writers.writer(device: file.device)
    batches = writers.batches
    if configuration.flush == .incrementalAsync {
      flusher = LogFlusher(every: configuration.freq)
    } else {
      flusher = nil
    }
    state = Mutex(State(file: consume file))
    writer.add(self)
  }

  private let flusher: LogFlusher?

  /// Records that wait for the disk.
  var queuedRecords: Int { queued.load(ordering: .relaxed) }
  /// Events that were captured and wait for the disk.
  var queuedEvents: Int { events.load(ordering: .relaxed) }
  /// Whether the last write failed.
  var isFailing: Bool { failing.load(ordering: .relaxed) }
  /// Records that are in the file.
  var written: UInt64 { done.load(ordering: .relaxed) }
  /// Bytes in the log and its rotated predecessors, with those that wait for the disk.
  var bytes: Int {
    queuedBytes.load(ordering: .relaxed) + storedBytes.load(ordering: .relaxed)
  }
  /// Why the last write failed; nil while all is well.
  var failure: String? { state.withLock { $0.failure } }

  /// An empty batch, to be filled with whole lines and submitted.
  /// - Parameters:
  ///   - start: where in the daemon's stream it is, in bytes.
  ///   - expected: about so many bytes will be in it.
  func emptyBatch(at start: UInt64 = 0, expecting expected: Int = 0) -> LogBatch {
    let batch = batches.take(expecting: expected)
    if let kept { batch.kept?.begin(log: UInt64(kept.index), at: start) }
    return batch
  }

  /// Counts whole lines that are to be written.
  func queue(_ batch: LogBatch) {
    queued.add(batch.records, ordering: .relaxed)
    events.add(batch.events, ordering: .relaxed)
    queuedBytes.add(batch.text.count, ordering: .relaxed)
  }

  /// Has them written; never waits for the disk.
  func write(_ batch: LogBatch) {
    state.withLock { $0.waiting.append(batch) }
    writer.wake()
  }

  /// Writes what is left and closes the file; waits at most `seconds` for a disk that refuses.
  /// - Returns: records that could not be written.
  func close(seconds: Int = 5) -> Int {
    state.withLock { $0.closing = true }
    writer.finish(self, seconds: seconds)
    return queuedRecords
  }

  /// Has what is left written and the file closed, without waiting for it; nothing may be submitted any more.
  func closeLater() {
    state.withLock { $0.closing = true }
    writer.wake()
  }

  /// When it is closed, what is kept of it stays: its daemon goes on in another collector.
  func keepOpen() { state.withLock { $0.isLeft = true } }

  /// Counts the bytes of the rotated logs again: somebody may have removed some.
  func measure() {
    state.withLock { state in
      // While its writer has it, the writer counts.
      guard let file = state.file.take() else { return }
      storedBytes.store(file.size + file.rotatedBytes(), ordering: .relaxed)
      state.file = consume file
    }
  }

  /// Whether everything is written and the file is closed.
  var isClosed: Bool { state.withLock { $0.closed } }

  // MARK: On the writer's thread

  /// How a log's turn has ended.
  enum Turn {
    /// Nothing waits any more.
    case done
    /// It has written as much as it may before the others of its disk have had their turn.
    case more
    /// The disk refused.
    case refused
  }

  /// Bytes that one log writes before others do.
  private static let turn = 1 << 20

  /// Writes what waits, for one turn.
  func writeWaiting() -> Turn {
    var bytes = 0
    while bytes < Self.turn {
      let next = state.withLock { $0.waiting.first }
      guard let batch = next else { return .done }
      // The file is this thread's while it writes: no lock is held during write(2).
      guard var file = state.withLock({ $0.file.take() }) else { return .refused }
      var failure: String?
      let before = file.size
      let rotations = file.rotations
      do {
        if batch.isFirst, batch.written == 0 { try file.beginNew() }
        batch.isFirst = false
        try file.append(
          batch.text.bytes, records: batch.records, written: &batch.written)
        flusher?.wrote(batch.records, to: file)
      } catch {
        failure = error.description
      }
      let failed = failure != nil
      if file.rotations == rotations {
        storedBytes.add(file.size - before, ordering: .relaxed)
      } else {
        storedBytes.store(file.size + file.rotatedBytes(), ordering: .relaxed)
      }
      giveBack(file, failure)
      if failed { return .refused }
      bytes += batch.text.count
      finish(batch)
    }
    return .more
  }

  private func giveBack(_ file: consuming LogFile, _ failure: String?) {
    var file = Optional(file)
    failing.store(failure != nil, ordering: .relaxed)
    state.withLock { state in
      state.file = file.take()
      state.failure = failure
    }
  }

  private func finish(_ batch: LogBatch) {
    queued.subtract(batch.records, ordering: .relaxed)
    events.subtract(batch.events, ordering: .relaxed)
    queuedBytes.subtract(batch.text.count, ordering: .relaxed)
    done.add(UInt64(batch.records), ordering: .relaxed)
    _ = state.withLock { $0.waiting.removeFirst() }
    batches.give(batch)
  }

  /// Whether `close()` was called and nothing is left, or nothing more will be tried.
  func closeIfDone(giveUp: Bool) -> Bool {
    state.withLock { state in
      guard state.closing, giveUp || state.waiting.isEmpty else { return state.closed }
      if var file = state.file.take() { try? file.flush() }
      if !state.closed, !state.isLeft { kept?.release() }
      state.closed = true
      return true
    }
  }
}
