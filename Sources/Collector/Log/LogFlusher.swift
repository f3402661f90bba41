import CNestaudit
import Glibc

/// `flush = INCREMENTAL_ASYNC`: what was written goes onto the disk every so many records, by a thread of its
/// own.
final class LogFlusher: @unchecked Sendable {
  private let every: Int
  private var unflushed = 0
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var running = false

  /// - Parameter every: records between two flushes, `freq` of auditd.conf.
  init(every: Int) {
    self.every = every
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Counts, and begins a flush when it is time and none is under way.
  func wrote(_ records: Int, to file: borrowing LogFile) {
    unflushed += records
    guard every > 0, unflushed >= every else { return }
    pthread_mutex_lock(mutex)
    let begin = !running
    running = true
    pthread_mutex_unlock(mutex)
    guard begin else { return }
    unflushed = 0
    let descriptor = file.duplicate()
    let task = Task(descriptor: descriptor, flusher: self)
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("log-flusher")
        let task = Unmanaged<Task>.fromOpaque(context!).takeRetainedValue()
        fdatasync(task.descriptor)
        close(task.descriptor)
        task.flusher.ended()
        return nil
      }, Unmanaged.passRetained(task).toOpaque())
    if failed == 0 {
      pthread_detach(thread)
    } else {
      Unmanaged.passUnretained(task).release()
      close(descriptor)
      ended()
    }
  }

  private func ended() {
    pthread_mutex_lock(mutex)
    running = false
    pthread_mutex_unlock(mutex)
  }

  private final class Task {
    let descriptor: Int32
    let flusher: LogFlusher

    init(descriptor: Int32, flusher: LogFlusher) {
      self.descriptor = descriptor
      self.flusher = flusher
    }
  }
}
