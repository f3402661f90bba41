import CNestaudit
import Glibc
import Synchronization

/// The writers: a thread for each file system, so that a slow disk holds up only its own logs.
final class LogWriters {
  private var writers: [UInt64: LogWriter] = [:]
  /// What all logs take their batches from.
  let batches: LogBatches

  /// - Parameter memory: where text outlives the collector; nil if it need not.
  init(keptIn memory: KeptMemory? = nil) { batches = LogBatches(in: memory) }

  func writer(device: UInt64) -> LogWriter {
    if let known = writers[device] { return known }
    let writer = LogWriter()
    writers[device] = writer
    return writer
  }
}

/// A thread that writes the logs of one file system.
final class LogWriter: @unchecked Sendable {
  /// After a failed write.
  private static let retryNanoseconds = 1_000_000_000

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var logs: [DaemonLog] = []
  private var pending = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    var thread = pthread_t()
    let itself = Unmanaged.passUnretained(self).toOpaque()
    // The writers live as long as the process: their thread is never joined.
    _ = Unmanaged.passRetained(self)
    pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("log-writer")
        Unmanaged<LogWriter>.fromOpaque(context!).takeUnretainedValue().loop()
        return nil
      }, itself)
    pthread_detach(thread)
  }

  func add(_ log: DaemonLog) { locked { logs.append(log) } }

  /// Says that a log has something to write.
  func wake() {
    locked {
      pending = true
      pthread_cond_broadcast(changed)
    }
  }

  /// Waits until a closing log is written, at most `seconds` if the disk refuses.
  func finish(_ log: DaemonLog, seconds: Int) {
    let deadline = Self.time(after: seconds * 1_000_000_000)
    wake()
    locked {
      var deadline = deadline
      while !log.closeIfDone(giveUp: false) {
        // A disk that is only slow is waited for: what counts is that the write did not fail.
        let expired = pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT
        guard expired else { continue }
        if log.failure != nil {
          _ = log.closeIfDone(giveUp: true)
          break
        }
        deadline = Self.time(after: 1_000_000_000)
      }
      logs.removeAll { $0 === log }
    }
  }

  private func loop() {
    while true {
      let batch = locked { () -> [DaemonLog] in
        while !pending { pthread_cond_wait(changed, mutex) }
        pending = false
        return logs
      }
      var refused = false
      var isMore = false
      for log in batch {
        switch log.writeWaiting() {
        case .done: break
        case .more: isMore = true
        case .refused: refused = true
        }
      }
      let closed = batch.filter { $0.closeIfDone(giveUp: false) }
      locked {
        logs.removeAll { log in closed.contains { $0 === log } }
        pthread_cond_broadcast(changed)
        if isMore { pending = true }
        guard refused else { return }
        var deadline = Self.time(after: Self.retryNanoseconds)
        if !pending { _ = pthread_cond_timedwait(changed, mutex, &deadline) }
        pending = true
      }
    }
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  private static func time(after nanoseconds: Int) -> timespec {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let sum = time.tv_nsec + nanoseconds
    return timespec(tv_sec: time.tv_sec + sum / 1_000_000_000, tv_nsec: sum % 1_000_000_000)
  }
}
