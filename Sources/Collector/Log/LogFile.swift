internal import AuditRecords
import CNestaudit
import Glibc

/// The file behind a log: appended to, flushed and rotated as auditd.conf(5) says. Used by one thread at a time.
struct LogFile: ~Copyable {
  let path: String
  private let name: String
  let configuration: AuditdConfiguration
  /// Its directory, wherever that is moved.
  private let directory: Int32
  private(set) var descriptor: Int32
  /// Bytes in it.
  private(set) var size: Int
  /// Whether it can be written in whole blocks, and when it is.
  let takesBlocks: Bool
  var blocks = BlockWrites()
  /// What only the page cache may have of it.
  var cached: CachedBytes
  /// How often a new file was begun.
  private(set) var rotations = 0
  private var unflushed = 0
  private var isDirect = false
  /// Where it is noted how far the file has come; nil if nobody needs that.
  private let kept: KeptLog?
  /// Bytes of a torn line that were cut off when it was opened.
  let cutOff: Int

  /// Opens or creates the log (0600), and its directory (0700).
  init(
    path: String, configuration: AuditdConfiguration, kept: KeptLog? = nil
  ) throws(LogError) {
    try Self.makeDirectories(for: path)
    let slash = path.lastIndex(of: "/")
    let place = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    let directory = Glibc.open(place, nestaudit_o_path | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw LogError(place, "open", errno: errno) }
    let descriptor: Int32
    do {
      descriptor = try Self.open(path, name, in: directory, configuration)
    } catch {
      close(directory)
      throw error
    }
    self.path = path
    self.name = name
    self.configuration = configuration
    self.directory = directory
    self.descriptor = descriptor
    self.kept = kept
    takesBlocks = Self.takesBlocks(descriptor, configuration.flush)
    cutOff = Self.cutTornLine(path, descriptor)
    size = Self.size(of: descriptor)
    // An earlier collector may have written it just now.
    cached = CachedBytes(size)
    kept?.opened(descriptor, size: size)
  }

  deinit {
    close(descriptor)
    close(directory)
  }

  /// Of the file system that it is on.
  var device: UInt64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_dev) : 0
  }

  /// Writes whole lines; rotates before or between them where the size asks for it.
  /// - Parameter written: how much of `text` a call before has written already; moved on by this one.
  mutating func append(
    _ text: UnsafeRawBufferPointer, records: Int, written: inout Int
  ) throws(LogError) {
    while written < text.count {
      var part = UnsafeRawBufferPointer(rebasing: text[written...])
      if let limit = configuration.rotationSize {
        if size >= limit, Self.beginsEvent(text, at: written) { try rotate() }
        // As much as the file still takes, on to the end of an event.
        let room = max(limit - size, 0)
        if part.count > room {
          part = UnsafeRawBufferPointer(rebasing: part[0..<Self.eventEnd(in: part, after: room)])
        }
      }
      written += try put(part)
    }
    try count(records)
  }

  /// Records are in it: they are flushed as auditd.conf has it.
  mutating func count(_ records: Int) throws(LogError) {
    unflushed += records
    if configuration.flush == .incremental, unflushed >= configuration.freq { try flush() }
  }

  /// Writes as much of a text as the disk takes, through the page cache.
  mutating func put(_ text: UnsafeRawBufferPointer) throws(LogError) -> Int {
    let whole = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: text.baseAddress), iov_len: text.count)
    return try withUnsafePointer(to: whole) { whole throws(LogError) in
      try put(UnsafeBufferPointer(start: whole, count: 1), isDirect: false)
    }
  }

  /// Writes as much as the disk takes.
  /// - Parameter isDirect: past the page cache; of memory and places that allow it.
  mutating func put(
    _ parts: UnsafeBufferPointer<iovec>, isDirect: Bool
  ) throws(LogError) -> Int {
    if isDirect != self.isDirect {
      guard nestaudit_set_direct(descriptor, isDirect ? 1 : 0) == 0 else {
        throw LogError(path, "fcntl", errno: errno)
      }
      self.isDirect = isDirect
    }
    kept?.willWrite(parts.reduce(0) { $0 + $1.iov_len })
    var count: Int
    repeat {
      count = writev(descriptor, parts.baseAddress, Int32(parts.count))
    } while count < 0 && errno == EINTR
    guard count >= 0 else { throw LogError(path, "write", errno: errno) }
    size += count
    if !isDirect { cached.add(count) }
    kept?.didWrite(count)
    return count
  }

  /// Puts what was written onto the disk.
  mutating func flush() throws(LogError) {
    unflushed = 0
    if fdatasync(descriptor) != 0, errno != EINVAL {
      throw LogError(path, "fdatasync", errno: errno)
    }
  }

  /// A second descriptor for a thread that only flushes.
  func duplicate() -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }

  // MARK: Rotation

  /// Bytes in the rotated logs.
  func rotatedBytes() -> Int {
    var sum = 0
    for number in 1..<Int.max {
      var status = stat()
      guard lstat("\(path).\(number)", &status) == 0 else { break }
      sum += Int(status.st_size)
    }
    return sum
  }

  /// Begins a new file, unless this one is empty or no old one is to be kept (auditd-event.c, rotate_logs).
  mutating func beginNew() throws(LogError) {
    guard size > 0 else { return }
    guard configuration.numLogs > 1 || configuration.maxLogFileAction == .keepLogs else { return }
    try rotate()
  }

  /// audit.log becomes audit.log.1, and so on; the oldest goes unless it is to be kept.
  private mutating func rotate() throws(LogError) {
    kept?.closing()
    var last = configuration.numLogs - 1
    if configuration.maxLogFileAction == .keepLogs {
      last = 1
      while faccessat(directory, "\(name).\(last)", F_OK, 0) == 0 { last += 1 }
    }
    // Held: it is not gone before it is closed. That another took its name would have ext4 write that one out first.
    let oldest = openat(directory, "\(name).\(last)", nestaudit_o_path | O_NOFOLLOW | O_CLOEXEC)
    if oldest >= 0 { unlinkat(directory, "\(name).\(last)", 0) }
    defer { if oldest >= 0 { LogRemover.close(oldest) } }
    for number in stride(from: last, to: 1, by: -1) {
      renameat(directory, "\(name).\(number - 1)", directory, "\(name).\(number)")
    }
    guard renameat(directory, name, directory, "\(name).1") == 0 else {
      throw LogError(path, "rename", errno: errno)
    }
    // Not before: who is killed in between must find a log that can be written.
    fchmod(descriptor, 0o400)
    let fresh = try Self.open(path, name, in: directory, configuration)
    close(descriptor)
    descriptor = fresh
    size = 0
    isDirect = false
    cached = CachedBytes(0)
    kept?.opened(fresh, size: 0)
    rotations += 1
  }

  /// Where a record ends whose successor has another stamp, at `offset` or behind it.
  static func eventEnd(in text: UnsafeRawBufferPointer, after offset: Int) -> Int {
    var end = min(offset, text.count)
    while end < text.count {
      guard let newline = text[end...].firstIndex(of: UInt8(ascii: "\n")) else { return text.count }
      end = newline + 1
      if beginsEvent(text, at: end) { return end }
    }
    return text.count
  }

  /// Whether the line at `offset` has another stamp than the one before it.
  private static func beginsEvent(_ text: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard offset > 0, offset < text.count else { return true }
    guard text[offset - 1] == UInt8(ascii: "\n") else { return false }
    let before = UnsafeRawBufferPointer(rebasing: text[0..<(offset - 1)])
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let old = stamp(UnsafeRawBufferPointer(rebasing: text[start..<offset]))
    let new = stamp(UnsafeRawBufferPointer(rebasing: text[offset...]))
    return old.count != new.count || memcmp(old.baseAddress!, new.baseAddress!, old.count) != 0
  }

  /// "audit(SEC.mmm:SERIAL)" of a line: what stands between the first "(" and ")".
  private static func stamp(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let open = line.firstIndex(of: UInt8(ascii: "(")),
      let close = line[open...].firstIndex(of: UInt8(ascii: ")"))
    else { return line }
    return UnsafeRawBufferPointer(rebasing: line[open..<close])
  }

  // MARK: Opening

  private static func open(
    _ path: String, _ name: String, in directory: Int32, _ configuration: AuditdConfiguration
  ) throws(LogError) -> Int32 {
    var flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY
    if configuration.flush == .data { flags |= O_DSYNC }
    if configuration.flush == .sync { flags |= O_SYNC }
    let descriptor = openat(directory, name, flags, 0o600)
    guard descriptor >= 0 else { throw LogError(path, "open", errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw LogError(path, "open", errno: EINVAL)
    }
    fchmod(descriptor, 0o600)
    return descriptor
  }

  /// A line without its end is what a machine that lost its power has left: nobody has the rest of it.
  /// - Returns: bytes that are gone.
  private static func cutTornLine(_ path: String, _ descriptor: Int32) -> Int {
    let size = size(of: descriptor)
    let reader = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
    guard reader >= 0 else { return 0 }
    defer { close(reader) }
    var end = size
    var part = [UInt8](repeating: 0, count: 4096)
    while end > 0 {
      let count = min(part.count, end)
      guard pread(reader, &part, count, off_t(end - count)) == count else { return 0 }
      if let newline = part[..<count].lastIndex(of: UInt8(ascii: "\n")) {
        end += newline + 1 - count
        break
      }
      end -= count
    }
    guard end < size, ftruncate(descriptor, off_t(end)) == 0 else { return 0 }
    return size - end
  }

  private static func size(of descriptor: Int32) -> Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Makes what is missing of the directories above a file; the directory itself is never a link.
  private static func makeDirectories(for path: String) throws(LogError) {
    let parts = path.split(separator: "/").dropLast()
    var directory = path.hasPrefix("/") ? "" : "."
    for part in parts {
      directory += "/" + part
      if mkdir(directory, 0o700) != 0, errno != EEXIST {
        throw LogError(directory, "mkdir", errno: errno)
      }
    }
    var status = stat()
    guard lstat(directory, &status) == 0 else { throw LogError(directory, "stat", errno: errno) }
    if status.st_mode & S_IFMT == S_IFLNK { throw LogError(directory, "open", errno: ELOOP) }
    if access(directory, W_OK | X_OK) != 0 { throw LogError(directory, "access", errno: errno) }
  }
}
