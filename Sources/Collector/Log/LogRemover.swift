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
    guard busy.add(1, ordering: .relaxed).newValue <= most,
      LogThread.start("log-remover", { end(descriptor) })
    else { return end(descriptor) }
  }

  private static func end(_ descriptor: Int32) {
    Glibc.close(descriptor)
    busy.subtract(1, ordering: .relaxed)
  }
}
