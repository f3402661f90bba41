internal import AuditRecords
import Glibc
import Synchronization

/// A daemon's log as the drain thread sees it: buffers go in at once, a writer thread takes them to the disk.
final class DaemonLog: Sendable {
  struct Batch: ~Copyable, Sendable {
    var text: TextBuffer
    var records: Int
    /// Bytes of it that are on the disk already.
    var written = 0
  }
  private struct State: ~Copyable {
    var file: LogFile?
    var free: TextBuffer?
    var waiting: [BatchBox] = []
    var closing = false
    var closed = false
    var failure: String?
  }
  /// Arrays cannot hold what cannot be copied.
  private final class BatchBox: @unchecked Sendable {
    var batch: Batch
    init(_ batch: consuming Batch) { self.batch = batch }
  }

  let path: String
  /// Records that wait for the disk, and those that are on it.
  private let queued = Atomic<Int>(0)
  private let done = Atomic<UInt64>(0)
  private let state: Mutex<State>
  private let writer: LogWriter

  /// Opens the log, or creates it, and finds the thread that writes to its file system.
  init(
    path: String, configuration: AuditdConfiguration, writers: LogWriters
  ) throws(LogError) {
    let file = try LogFile(path: path, configuration: configuration)
    self.path = path
    writer = writers.writer(device: file.device)
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
  /// Records that are in the file.
  var written: UInt64 { done.load(ordering: .relaxed) }
  /// Why the last write failed; nil while all is well.
  var failure: String? { state.withLock { $0.failure } }

  /// Takes whole lines to be written; never waits for the disk.
  /// - Returns: an empty buffer, one that has been used before if there is one.
  func submit(_ text: consuming TextBuffer, records: Int) -> TextBuffer {
    queued.add(records, ordering: .relaxed)
    let box = BatchBox(Batch(text: text, records: records))
    let empty = state.withLock { state -> TextBuffer? in
      state.waiting.append(box)
      return state.free.take()
    }
    writer.wake()
    return empty ?? TextBuffer(capacity: 1 << 16)
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

  /// Whether everything is written and the file is closed.
  var isClosed: Bool { state.withLock { $0.closed } }

  // MARK: On the writer's thread

  /// Writes everything that waits; false if the disk refused.
  func writeWaiting() -> Bool {
    while true {
      let box = state.withLock { $0.waiting.first }
      guard let box else { return true }
      // The file is this thread's while it writes: no lock is held during write(2).
      guard var file = state.withLock({ $0.file.take() }) else { return false }
      var failure: String?
      do {
        try file.append(
          box.batch.text.bytes, records: box.batch.records, written: &box.batch.written)
        flusher?.wrote(box.batch.records, to: file)
      } catch {
        failure = error.description
      }
      let failed = failure != nil
      giveBack(file, failure)
      if failed { return false }
      finish(box)
    }
  }

  private func giveBack(_ file: consuming LogFile, _ failure: String?) {
    var file = Optional(file)
    state.withLock { state in
      state.file = file.take()
      state.failure = failure
    }
  }

  private func finish(_ box: BatchBox) {
    queued.subtract(box.batch.records, ordering: .relaxed)
    done.add(UInt64(box.batch.records), ordering: .relaxed)
    state.withLock { state in
      state.waiting.removeFirst()
      var empty = TextBuffer(capacity: 64)
      swap(&empty, &box.batch.text)
      empty.removeAll()
      state.free = consume empty
    }
  }

  /// Whether `close()` was called and nothing is left, or nothing more will be tried.
  func closeIfDone(giveUp: Bool) -> Bool {
    state.withLock { state in
      guard state.closing, giveUp || state.waiting.isEmpty else { return state.closed }
      if var file = state.file.take() { try? file.flush() }
      state.closed = true
      return true
    }
  }
}
