import Glibc
import Synchronization

/// The writers: threads for each file system, so that a slow disk holds up only its own logs, and others for its logs whose
/// every write is to be on the disk: the rest do not wait with them.
final class LogWriters {
  /// Of one file system. What goes past the page cache waits for the disk, and has a thread of its own.
  final class OfDevice: Sendable {
    let cached = LogWriter(.cached)
    let blocks = LogWriter(.blocks)
    /// Bytes of all its logs that wait for it.
    let waiting = Atomic<Int>(0)
  }

  private struct Key: Hashable {
    let device: UInt64
    let waits: Bool
  }

  private var writers: [Key: OfDevice] = [:]
  /// What all logs take their batches from.
  let batches: LogBatches

  /// - Parameter memory: where text outlives the collector; nil if it need not.
  init(keptIn memory: KeptMemory? = nil) { batches = LogBatches(in: memory) }

  /// Those of a log.
  func writers(device: UInt64, _ flush: AuditdConfiguration.Flush) -> OfDevice {
    let key = Key(device: device, waits: flush.waits)
    if let known = writers[key] { return known }
    let made = OfDevice()
    writers[key] = made
    return made
  }
}

/// A thread that writes logs of one file system, from the first that it is given on for as long as the process lives.
final class LogWriter: @unchecked Sendable {
  enum Kind {
    case cached
    case blocks

    fileprivate var threadName: StaticString { self == .cached ? "log-writer" : "block-writer" }
  }

  private let kind: Kind
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var logs: [DaemonLog] = []
  private var pending = false
  private var isRunning = false
  private var blocks = BlockList()

  init(_ kind: Kind) {
    self.kind = kind
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  func add(_ log: DaemonLog) {
    locked { if !logs.contains(where: { $0 === log }) { logs.append(log) } }
  }

  /// Says that a log has something to write.
  func wake() {
    locked {
      // If there is no thread to be had now, there may be one next time.
      if !isRunning { isRunning = LogThread.start(kind.threadName) { self.loop() } }
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
      var isMore = false
      var nextTime: Int64?
      for log in batch {
        switch log.writeWaiting(as: kind, &blocks) {
        case .done, .handedOver: break
        case .more: isMore = true
        case .later(let time): nextTime = min(time, nextTime ?? time)
        }
      }
      let closed = kind == .cached ? batch.filter { $0.closeIfDone(giveUp: false) } : []
      locked {
        logs.removeAll { log in
          kind == .cached
            ? closed.contains { $0 === log } : !log.isInBlocks.load(ordering: .relaxed)
        }
        pthread_cond_broadcast(changed)
        if isMore { pending = true }
        guard let nextTime else { return }
        var deadline = Self.time(after: max(0, Int(nextTime - Clock.read(CLOCK_MONOTONIC))))
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
