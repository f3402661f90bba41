import CNestaudit
import Glibc
import Synchronization

/// Has what was written put onto the disk before the kernel would, and its memory given back.
///
/// A log is rarely read again, and never changed. Left to the kernel one that grows takes a tenth of the machine's memory
/// before it is written out, and in the end all that the containers' files could have; and it has new memory for each
/// line, which costs more than the memory of an old one.
///
/// One for each file system: a disk that is slow is waited for by this thread alone, and the kernel does the rest.
final class WriteBehind: Sendable {
  /// Bytes that are begun to be written out at a time.
  private static let step = 8 << 20
  /// Bytes behind the last that stay in memory: who follows a log reads those.
  static let kept = 64 << 20

  private let isBusy = Atomic<Bool>(false)

  /// Goes on with a file that has grown, unless it is busy with some file.
  func wrote(to file: inout LogFile) {
    let begun = file.writtenOut
    let reached = file.size / Self.step * Self.step
    guard reached > begun, !isBusy.exchange(true, ordering: .acquiringAndReleasing) else { return }
    file.writtenOut = reached
    let descriptor = file.duplicate()
    let isStarted = LogThread.start("write-behind") {
      nestaudit_begin_writing_out(descriptor, Int64(begun), Int64(reached - begun))
      // Once more with some that was on its way to the disk the last time.
      let first = max(begun - 4 * Self.kept, 0)
      let last = reached - Self.kept
      if last > first {
        posix_fadvise(descriptor, off_t(first), off_t(last - first), POSIX_FADV_DONTNEED)
      }
      self.ended(descriptor)
    }
    if !isStarted { ended(descriptor) }
  }

  private func ended(_ descriptor: Int32) {
    close(descriptor)
    isBusy.store(false, ordering: .releasing)
  }
}
