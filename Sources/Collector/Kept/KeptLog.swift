import CNestaudit
import Glibc

/// The place of one daemon's log in the kept memory. The drain thread stores the daemon's states, the log's writer how far
/// the file has come.
final class KeptLog: @unchecked Sendable {
  let index: Int
  private let memory: KeptMemory
  private let place: UnsafeMutablePointer<kept_log>

  init(_ index: Int, in memory: KeptMemory) {
    self.index = index
    self.memory = memory
    place = memory.log(index)
  }

  var name: String { KeptMemory.text(place.pointee.name) }
  var path: String { String(cString: memory.logPath(index)) }
  /// What was committed of it last.
  var state: kept_state? { memory.state(index) }

  /// Makes it the place of a log of which nothing was kept; false if there is no room, or the path is too long.
  func begin(name: String, path: String) -> Bool {
    guard path.utf8.count < Int(KEPT_LOG_SIZE) / 2, name.utf8.count < 256,
      memory.allocate(KEPT_AT_LOGS + UInt64(index) * KEPT_LOG_SIZE, KEPT_LOG_SIZE)
    else { return false }
    memset(place, 0, Int(KEPT_LOG_SIZE))
    KeptMemory.store(name, in: &place.pointee.name)
    strcpy(memory.logPath(index), path)
    nestaudit_store_release(&place.pointee.used, 1)
    return true
  }

  /// Whether something of it is to be kept.
  var isUsed: Bool { place.pointee.used == 1 }

  /// Nothing of it need be kept any more.
  func release() { nestaudit_store_release(&place.pointee.used, 0) }

  /// Stores a state, of which nothing holds before the next commit.
  func store(_ state: kept_state) {
    var state = state
    state.commit = memory.commit + 1
    // The older one goes; one of a commit that never came is older than any.
    let (first, second) = (place.pointee.state.0.commit, place.pointee.state.1.commit)
    let isFirstOld =
      first > memory.commit || (second <= memory.commit && first <= second)
    if isFirstOld { place.pointee.state.0 = state } else { place.pointee.state.1 = state }
  }

  // MARK: The file

  /// The log's file is this one now.
  /// - Parameter size: bytes that are in it.
  func opened(_ file: Int32, size: Int) {
    var status = stat()
    guard fstat(file, &status) == 0 else { return }
    place.pointee.base = Int64(bitPattern: place.pointee.written) - Int64(size)
    place.pointee.device = UInt64(status.st_dev)
    nestaudit_store_release(&place.pointee.inode, UInt64(status.st_ino))
  }

  /// Another file is about to be the log's: until it is opened, the name counts.
  func closing() {
    place.pointee.intent = place.pointee.written
    nestaudit_store_release(&place.pointee.inode, 0)
  }

  func willWrite(_ count: Int) {
    nestaudit_store_release(&place.pointee.intent, place.pointee.written + UInt64(count))
  }

  func didWrite(_ count: Int) {
    nestaudit_store_release(&place.pointee.written, place.pointee.written + UInt64(count))
  }

  /// How much of the stream is in the log.
  /// - Parameter size: of the log's file as it is.
  func written(fileSize size: Int) -> UInt64 {
    let told = max(0, place.pointee.base + Int64(size))
    return min(
      max(UInt64(told), place.pointee.written), max(place.pointee.intent, place.pointee.written))
  }

  /// Whether a file is the one that was the log's last.
  func isFile(_ status: stat) -> Bool {
    place.pointee.inode == 0
      || (UInt64(status.st_ino) == place.pointee.inode
        && UInt64(status.st_dev) == place.pointee.device)
  }

  /// All of it, up to here, is in the log or lost.
  func settle(at end: UInt64) {
    place.pointee.intent = end
    nestaudit_store_release(&place.pointee.written, end)
  }
}
