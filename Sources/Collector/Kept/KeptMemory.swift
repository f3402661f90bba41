import CNestaudit
import Glibc
import Synchronization

/// The file in which a collector keeps what must outlive it: `kept.h` describes it. Mapped into memory that is shared with
/// the file, so that what was stored is there whenever the process is killed.
///
/// The drain thread commits; the writers of logs store how far they have come.
final class KeptMemory: @unchecked Sendable {
  let path: String
  let descriptor: Int32
  private let base: UnsafeMutableRawPointer
  /// Numbers of batches that are used by nothing, and the first that never was.
  private let batches = Mutex<(free: [UInt32], next: UInt32)>(([], 0))
  /// It has no room for something that should be kept: nobody may rely on it any more.
  private let broken = Atomic<Bool>(false)

  var head: UnsafeMutablePointer<kept_head> {
    base.assumingMemoryBound(to: kept_head.self)
  }

  /// Opens the file in a directory, or makes it.
  init(in directory: String) throws(CollectorError) {
    path = directory + "/" + Self.name
    let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard opened >= 0 else { throw Self.failure(path, "open") }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == 0,
      status.st_nlink == 1
    else {
      close(opened)
      throw CollectorError("\(path) is not a file of root's; remove it")
    }
    guard ftruncate(opened, off_t(KEPT_SIZE)) == 0 else {
      defer { close(opened) }
      throw Self.failure(path, "ftruncate")
    }
    let refused = nestaudit_allocate(opened, 0, 4096)
    guard refused == 0 else {
      close(opened)
      errno = refused
      throw Self.failure(path, "fallocate")
    }
    let mapped = mmap(nil, Int(KEPT_HEAD_SIZE), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0)
    guard let mapped, mapped != MAP_FAILED else {
      defer { close(opened) }
      throw Self.failure(path, "mmap")
    }
    descriptor = opened
    base = mapped
  }

  deinit {
    munmap(base, Int(KEPT_HEAD_SIZE))
    close(descriptor)
  }

  private static let name = "kept"

  private static func failure(_ path: String, _ call: String) -> CollectorError {
    CollectorError("\(path): \(String(cString: strerror(errno))) (\(call))")
  }

  // MARK: Whose it is

  /// Identity of the ring that the file is about, if it is of this boot and in this format; nil if nothing in it holds.
  var ring: String? {
    guard head.pointee.magic == KEPT_MAGIC, head.pointee.format == KEPT_FORMAT,
      Self.text(head.pointee.boot) == Self.boot
    else { return nil }
    return Self.text(head.pointee.ring)
  }

  /// Another version of this program has written it, in this boot, in a format that this one cannot read.
  var isForeign: Bool {
    head.pointee.magic == KEPT_MAGIC && head.pointee.format != KEPT_FORMAT
      && Self.text(head.pointee.boot) == Self.boot
  }

  /// Forgets all that is in it, and begins anew.
  /// - Parameter ring: identity of the ring that it is about.
  func begin(_ ring: String) {
    head.pointee.magic = 0
    nestaudit_deallocate(descriptor, 4096, KEPT_SIZE - 4096)
    memset(head, 0, 4096)
    Self.store(Self.boot, in: &head.pointee.boot)
    Self.store(ring, in: &head.pointee.ring)
    head.pointee.format = UInt64(KEPT_FORMAT)
    nestaudit_store_release(&head.pointee.magic, KEPT_MAGIC)
  }

  /// Goes on with the logs alone: the ring, and so what was known of its events, are others.
  func begin(anotherRing ring: String) {
    nestaudit_store_release(&head.pointee.magic, 0)
    Self.store(ring, in: &head.pointee.ring)
    commit(kept_root())
    nestaudit_store_release(&head.pointee.magic, KEPT_MAGIC)
  }

  /// Nothing of it counts any more.
  func end() {
    nestaudit_store_release(&head.pointee.magic, 0)
    unlink(path)
  }

  private static let boot =
    (try? TextFile.read("/proc/sys/kernel/random/boot_id"))?
    .trimmingNewlines ?? ""

  static func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  static func store<Field>(_ text: String, in field: inout Field) {
    withUnsafeMutableBytes(of: &field) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      bytes.copyBytes(from: text.utf8.prefix(bytes.count - 1))
    }
  }

  // MARK: Commits

  var commit: UInt64 { head.pointee.commit }

  /// The root of the last commit.
  var root: kept_root { commit & 1 == 0 ? head.pointee.root.0 : head.pointee.root.1 }

  /// Makes hold all that was stored for the next commit.
  func commit(_ root: kept_root) {
    let next = commit + 1
    if next & 1 == 0 { head.pointee.root.0 = root } else { head.pointee.root.1 = root }
    nestaudit_store_release(&head.pointee.commit, next)
  }

  // MARK: Room

  /// Whether all that should be is kept.
  var isWhole: Bool { !broken.load(ordering: .relaxed) }

  /// Gives a part of the file room; false, and then nothing in the file counts any more, if there is none.
  @discardableResult
  func allocate(_ start: UInt64, _ count: UInt64) -> Bool {
    if nestaudit_allocate(descriptor, start, count) == 0 { return true }
    giveUp()
    return false
  }

  /// What should be kept cannot be: whoever comes after must not take the rest for all of it.
  func giveUp() {
    broken.store(true, ordering: .relaxed)
    nestaudit_store_release(&head.pointee.magic, 0)
  }

  // MARK: Logs

  func log(_ index: Int) -> UnsafeMutablePointer<kept_log> {
    (base + Int(KEPT_AT_LOGS) + index * Int(KEPT_LOG_SIZE)).assumingMemoryBound(to: kept_log.self)
  }

  /// The path of a log, as C has it.
  func logPath(_ index: Int) -> UnsafeMutablePointer<CChar> {
    (base + Int(KEPT_AT_LOGS) + index * Int(KEPT_LOG_SIZE) + Int(KEPT_LOG_SIZE) / 2)
      .assumingMemoryBound(to: CChar.self)
  }

  /// What of a log's state holds; nil if nothing was committed of it.
  func state(_ index: Int) -> kept_state? {
    let log = log(index)
    let states = [log.pointee.state.0, log.pointee.state.1]
    return states.filter { $0.commit > 0 && $0.commit <= commit }
      .max { $0.commit < $1.commit }
  }

  /// Parts of the file that hold numbers of logs: only these are looked through.
  var usedLogs: [Int] {
    var used: [Int] = []
    var at = off_t(KEPT_AT_LOGS)
    let end = off_t(KEPT_AT_BATCHES)
    while at < end {
      let data = lseek(descriptor, at, 3 /* SEEK_DATA */)
      guard data >= 0, data < end else { break }
      let index = Int(UInt64(data) - KEPT_AT_LOGS) / Int(KEPT_LOG_SIZE)
      if log(index).pointee.used == 1 { used.append(index) }
      at = off_t(KEPT_AT_LOGS + UInt64(index + 1) * KEPT_LOG_SIZE)
    }
    return used
  }

  // MARK: Batches

  func batch(_ index: UInt32) -> UnsafeMutablePointer<kept_batch> {
    (base + Int(KEPT_AT_BATCHES)).assumingMemoryBound(to: kept_batch.self) + Int(index)
  }

  static func textOffset(_ index: UInt32) -> UInt64 {
    KEPT_AT_TEXTS + UInt64(index) * KEPT_TEXT_SIZE
  }

  /// A number for a batch; nil if there are too many.
  func takeBatch() -> UInt32? {
    let index = batches.withLock { batches -> UInt32? in
      if let free = batches.free.popLast() { return free }
      guard batches.next < KEPT_BATCHES else { return nil }
      batches.next += 1
      return batches.next - 1
    }
    guard let index else { return nil }
    // A page of numbers at a time.
    if index % 256 == 0 {
      guard allocate(KEPT_AT_BATCHES + UInt64(index) * 16, 4096) else { return nil }
    }
    return index
  }

  func giveBackBatch(_ index: UInt32) { batches.withLock { $0.free.append(index) } }
}

extension String {
  fileprivate var trimmingNewlines: String { String(prefix { !$0.isNewline }) }
}
