import CNestaudit
import Glibc

/// Takes programs off functions, on a thread of its own: the kernel waits a tenth of a second for each, until no task
/// is where the program was.
final class LinkCloser: @unchecked Sendable {
  private struct Link {
    let function: String
    let descriptor: Int32
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var links: [Link] = []
  /// What is being closed.
  private var closing: String?
  private var isStarted = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  /// Never while its thread runs, which holds it for good.
  deinit {
    for link in links { Glibc.close(link.descriptor) }
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Closes a link in a while.
  func close(_ descriptor: Int32, of function: String) {
    locked {
      links.append(Link(function: function, descriptor: descriptor))
      if !isStarted { start() }
      pthread_cond_broadcast(changed)
    }
  }

  /// The link of a function that is wanted again; nil if there is none any more.
  func reclaim(_ function: String) -> Int32? {
    locked {
      while closing == function { pthread_cond_wait(changed, mutex) }
      guard let index = links.firstIndex(where: { $0.function == function }) else { return nil }
      return links.remove(at: index).descriptor
    }
  }

  private func start() {
    var thread = pthread_t()
    let held = Unmanaged.passRetained(self)
    let failed = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<LinkCloser>.fromOpaque(context!).takeRetainedValue().work()
        return nil
      }, held.toOpaque())
    isStarted = failed == 0
    if isStarted { pthread_detach(thread) } else { held.release() }
  }

  private func work() {
    nestaudit_name_thread("links")
    while true {
      let link = locked {
        while links.isEmpty { pthread_cond_wait(changed, mutex) }
        let link = links.removeFirst()
        closing = link.function
        return link
      }
      Glibc.close(link.descriptor)
      locked {
        closing = nil
        pthread_cond_broadcast(changed)
      }
    }
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
