import CNestaudit
import Glibc
import Synchronization

/// Lets go of files that have no name any more, on threads of their own: a file system takes half a second for a quarter of
/// a gigabyte, and no other log is to wait for that.
enum LogRemover {
  /// So many at a time; who rotates faster than the disk removes waits for it.
  private static let most = 4
  private static let busy = Atomic<Int>(0)

  /// Closes a file's last descriptor.
  static func close(_ descriptor: Int32) {
    guard busy.add(1, ordering: .relaxed).newValue <= most, start(descriptor) else {
      busy.subtract(1, ordering: .relaxed)
      Glibc.close(descriptor)
      return
    }
  }

  private static func start(_ descriptor: Int32) -> Bool {
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("log-remover")
        Glibc.close(Int32(Int(bitPattern: context)))
        LogRemover.busy.subtract(1, ordering: .relaxed)
        return nil
      }, UnsafeMutableRawPointer(bitPattern: Int(descriptor)))
    if failed == 0 { pthread_detach(thread) }
    return failed == 0
  }
}
