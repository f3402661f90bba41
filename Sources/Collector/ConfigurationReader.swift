import CNestaudit
import Glibc
import Synchronization

/// Reads the configuration on a thread of its own, so that events are drained while a thousand files are parsed.
///
/// One read at a time: libaudit, which parses rules, keeps what it has seen so far in variables of its own.
final class ConfigurationReader: Sendable {
  typealias Outcome = Result<CollectorConfiguration, any Error>

  private let read: @Sendable () throws -> CollectorConfiguration
  private let outcome = Mutex<Outcome?>(nil)
  /// Can be read when a read has ended.
  let descriptor: Int32

  init(read: @escaping @Sendable () throws -> CollectorConfiguration) {
    self.read = read
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  }

  deinit { close(descriptor) }

  /// Begins a read; the one before must have been taken.
  func begin() {
    var thread = pthread_t()
    let itself = Unmanaged.passRetained(self)
    let failed = pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("configuration")
        let reader = Unmanaged<ConfigurationReader>.fromOpaque(context!).takeRetainedValue()
        reader.end(with: Result { try reader.read() })
        return nil
      }, itself.toOpaque())
    guard failed != 0 else {
      pthread_detach(thread)
      return
    }
    itself.release()
    let reason = String(cString: strerror(failed))
    end(with: .failure(CollectorError("no thread can be started to read it: \(reason)")))
  }

  private func end(with outcome: Outcome) {
    self.outcome.withLock { $0 = outcome }
    eventfd_write(descriptor, 1)
  }

  /// What came of the read; nil while it goes on.
  func take() -> Outcome? {
    var count: eventfd_t = 0
    guard eventfd_read(descriptor, &count) == 0 else { return nil }
    return outcome.withLock { outcome in
      defer { outcome = nil }
      return outcome
    }
  }
}
