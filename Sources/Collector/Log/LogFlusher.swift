import Glibc
import Synchronization

/// `flush = INCREMENTAL_ASYNC`: what was written goes onto the disk every so many records, by a thread of its
/// own.
final class LogFlusher: @unchecked Sendable {
  private let every: Int
  private var unflushed = 0
  private let isFlushing = Atomic<Bool>(false)

  /// - Parameter every: records between two flushes, `freq` of auditd.conf.
  init(every: Int) { self.every = every }

  /// Counts, and begins a flush when it is time and none is under way.
  func wrote(_ records: Int, to file: borrowing LogFile) {
    unflushed += records
    guard every > 0, unflushed >= every,
      !isFlushing.exchange(true, ordering: .acquiringAndReleasing)
    else { return }
    unflushed = 0
    let descriptor = file.duplicate()
    let isStarted = LogThread.start("log-flusher") {
      fdatasync(descriptor)
      self.ended(descriptor)
    }
    if !isStarted { ended(descriptor) }
  }

  private func ended(_ descriptor: Int32) {
    close(descriptor)
    isFlushing.store(false, ordering: .releasing)
  }
}
