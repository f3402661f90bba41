import CNestaudit
import Glibc

/// Work on a log's file that may wait for its disk, which nobody else must: each on a thread of its own.
enum LogThread {
  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// - Parameter name: of the thread, at most 15 characters.
  /// - Returns: false if there is no thread to be had: then nothing is done.
  static func start(_ name: StaticString, _ run: @escaping @Sendable () -> Void) -> Bool {
    let work = Unmanaged.passRetained(
      Work {
        nestaudit_name_thread(
          UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
        run()
      })
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    if failed == 0 { pthread_detach(thread) } else { work.release() }
    return failed == 0
  }
}
