import CNestaudit
import Glibc
import Synchronization

/// Bytes of a log's file that only the page cache may have. They go to the disk before blocks are written behind them: a
/// machine that loses its power is to leave a log without an end, never one with a hole.
struct CachedBytes {
  /// So many are waited for; more go to the disk on a thread of their own.
  private static let most = 1 << 20

  private final class Settling: Sendable {
    let count: Int
    /// 0 while it goes on, 1 once they are on the disk, -1 if it refused.
    let outcome = Atomic<Int>(0)

    init(_ count: Int) { self.count = count }
  }

  private var count: Int
  private var settling: Settling?

  init(_ count: Int) { self.count = count }

  mutating func add(_ bytes: Int) { count += bytes }

  /// Whether they are so few that they can be waited for, with `more` of them; has them go to the disk if not.
  mutating func areFew(with more: Int, in file: Int32, size: Int) -> Bool {
    if let outcome = settling?.outcome.load(ordering: .acquiring) {
      guard outcome != 0 else { return false }
      if outcome > 0 { count -= settling?.count ?? 0 }
      settling = nil
    }
    if count + more <= Self.most { return true }
    let begun = Settling(count)
    let copy = fcntl(file, F_DUPFD_CLOEXEC, 0)
    let isStarted = LogThread.start("log-settler") {
      begun.outcome.store(
        nestaudit_settle(copy, Int64(size)) == 0 ? 1 : -1, ordering: .releasing)
      close(copy)
    }
    if isStarted { settling = begun } else { close(copy) }
    return false
  }

  /// Waits until they are on the disk; false if it refuses.
  mutating func settle(in file: Int32, size: Int) -> Bool {
    guard count > 0 else { return true }
    guard nestaudit_settle(file, Int64(size)) == 0 else { return false }
    count = 0
    return true
  }
}
