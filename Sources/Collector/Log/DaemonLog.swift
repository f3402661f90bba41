internal import AuditRecords
import Glibc
import Synchronization

/// A daemon's log as the drain thread sees it: buffers go in at once, a writer thread takes them to the disk.
final class DaemonLog: Sendable {
  struct State: ~Copyable {
    var file: LogFile?
    var waiting: [LogBatch] = []
    var closing = false
    var closed = false
    var isLeft = false
    /// Its writer waits for more, and looks after it by itself in a moment.
    var isHeld = false
    var failure: String?
  }

  let path: String
  /// Records that wait for the disk, and those that are on it.
  let queued = Atomic<Int>(0)
  let done = Atomic<UInt64>(0)
  let events = Atomic<Int>(0)
  let failing = Atomic<Bool>(false)
  /// Bytes that wait for the disk, and those in the log and its rotated predecessors.
  let queuedBytes = Atomic<Int>(0)
  let storedBytes = Atomic<Int>(0)
  let state: Mutex<State>
  let writers: LogWriters.OfDevice
  let flusher: LogFlusher?
  /// Where the file begins in the daemon's stream.
  let base = Atomic<UInt64>(0)
  /// The writer of blocks has it. Changed while the state is locked.
  let isInBlocks = Atomic<Bool>(false)
  /// It has a backlog that lasts while the disk is waited for.
  let isPatient = Atomic<Bool>(true)
  let batches: LogBatches
  /// Where what is not in the file yet outlives the collector; nil if it does not.
  let kept: KeptLog?
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
    self.writers = writers.writers(device: file.device, configuration.flush)
    batches = writers.batches
    if configuration.flush == .incrementalAsync {
      flusher = LogFlusher(every: configuration.freq)
    } else {
      flusher = nil
    }
    state = Mutex(State(file: consume file))
    self.writers.cached.add(self)
  }

  /// Whose thread writes it.
  private var writer: LogWriter {
    isInBlocks.load(ordering: .relaxed) ? writers.blocks : writers.cached
  }

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
  /// Whether all logs of its disk that have the same threads together have little enough that waits for it to take a moment in which it is slow.
  var isDiskAtEase: Bool {
    !isFailing && writers.waiting.load(ordering: .relaxed) < Limits.waitingForDisk
  }
  /// Why the last write failed; nil while all is well.
  var failure: String? { state.withLock { $0.failure } }

  /// An empty batch, to be filled with whole lines and submitted.
  /// - Parameters:
  ///   - stream: where in the daemon's stream it is, in bytes.
  ///   - tail: what it carries of the batch before it.
  ///   - expected: about so many bytes will be in it.
  func emptyBatch(
    at stream: UInt64 = 0, after tail: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    expecting expected: Int = 0
  ) -> LogBatch {
    let batch = batches.take(expecting: expected)
    batch.begin(at: stream, after: tail, of: kept)
    return batch
  }

  /// How many bytes of a batch the next one is to carry: those in the block of the file in which it ends, as far as that is
  /// known before it is written. 0 if it is not going to be written in blocks.
  /// - Parameter stream: where it ends in the daemon's stream.
  func tail(of batch: LogBatch, endingAt stream: UInt64) -> Int {
    guard batch.count >= LogBatch.blockSize || isInBlocks.load(ordering: .relaxed) else { return 0 }
    let tail =
      Int(truncatingIfNeeded: stream &- base.load(ordering: .relaxed)) & (BlockWrites.blockSize - 1)
    return tail <= batch.text.count ? tail : 0
  }

  /// Counts whole lines that are to be written.
  func queue(_ batch: LogBatch) {
    queued.add(batch.records, ordering: .relaxed)
    events.add(batch.events, ordering: .relaxed)
    queuedBytes.add(batch.count, ordering: .relaxed)
    writers.waiting.add(batch.count, ordering: .relaxed)
  }

  /// Has them written; never waits for the disk.
  func write(_ batch: LogBatch) {
    let writer: LogWriter? = state.withLock {
      $0.waiting.append(batch)
      if $0.isHeld, !batch.isFirst, queuedBytes.load(ordering: .relaxed) < BlockWrites.most {
        return nil
      }
      return self.writer
    }
    writer?.wake()
  }

  /// Writes what is left and closes the file; waits at most `seconds` for a disk that refuses.
  /// - Returns: records that could not be written.
  func close(seconds: Int = 5) -> Int {
    closeLater()
    writers.cached.finish(self, seconds: seconds)
    return queuedRecords
  }

  /// Has what is left written and the file closed, without waiting for it; nothing may be submitted any more.
  func closeLater() {
    let writer = state.withLock {
      $0.closing = true
      return self.writer
    }
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
}
