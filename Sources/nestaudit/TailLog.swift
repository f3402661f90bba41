import Glibc

/// A log and its rotated predecessors, of which the last events can be read, and then what is
/// added, through any number of rotations.
struct TailLog {
  let path: String
  private var current: Int32 = -1
  private var inode: UInt64 = 0
  /// Files that came after the current one, oldest first.
  private var next: [OpenFile] = []
  private var partial: [UInt8] = []

  private struct OpenFile {
    let descriptor: Int32
    let inode: UInt64
  }

  /// Where the first look begins: what is in the log by then is for `lastEvents`.
  private var offset: Int64 = 0

  init(path: String) { self.path = path }

  /// Whether the log has been found.
  var isOpen: Bool { current >= 0 }

  /// The last `count` events for which `isWanted`, from the rotated logs as well, and remembers
  /// the end as the place where `newLines()` begins.
  mutating func lastEvents(_ count: Int, where isWanted: (TailEvent) -> Bool) throws -> [TailEvent]
  {
    guard try openCurrent() else { return [] }
    offset = Self.completeEnd(of: current)
    var events: [TailEvent] = []
    if count > 0 { try collect(current, below: offset, count, isWanted, into: &events) }
    var number = 1
    while events.count < count, let older = try Self.open("\(path).\(number)") {
      defer { Glibc.close(older.descriptor) }
      number += 1
      if older.inode == inode { continue }
      let end = Self.completeEnd(of: older.descriptor)
      try collect(older.descriptor, below: end, count, isWanted, into: &events)
    }
    return Array(events.suffix(count))
  }

  /// The whole lines that were added since the last call, to all files that the log went through.
  mutating func newLines() throws -> [[UInt8]] {
    var isMore = false
    return try newLines(atMost: .max, isMore: &isMore)
  }

  /// Likewise, but no more bytes than that, if one line is not longer.
  /// - Parameter isMore: whether some are left.
  mutating func newLines(atMost bytes: Int, isMore: inout Bool) throws -> [[UInt8]] {
    isMore = false
    guard try openCurrent() else { return [] }
    var lines: [[UInt8]] = []
    var room = bytes
    while true {
      if next.isEmpty { try findSuccessors() }
      // Read after the look for successors: what was added before a rotation is in the old file.
      guard try readRest(into: &lines, room: &room) else {
        isMore = true
        return lines
      }
      guard !next.isEmpty else { return lines }
      Glibc.close(current)
      partial.removeAll()
      let file = next.removeFirst()
      (current, inode, offset) = (file.descriptor, file.inode, 0)
    }
  }

  /// Closes what is open.
  mutating func close() {
    for descriptor in [current] + next.map(\.descriptor) where descriptor >= 0 {
      Glibc.close(descriptor)
    }
    current = -1
    next = []
  }

  private mutating func openCurrent() throws -> Bool {
    if isOpen { return true }
    guard let file = try Self.open(path) else { return false }
    (current, inode, offset) = (file.descriptor, file.inode, 0)
    return true
  }

  /// - Parameter room: how many bytes may be read, less by those that were.
  /// - Returns: whether that was all.
  private mutating func readRest(into lines: inout [[UInt8]], room: inout Int) throws -> Bool {
    var status = stat()
    // Someone truncated the log: what is in it now is new.
    if fstat(current, &status) == 0 && Int64(status.st_size) < offset {
      offset = 0
      partial.removeAll()
    }
    var chunk = [UInt8](repeating: 0, count: min(1 << 18, max(room, 1 << 12)))
    while room > 0 {
      let count = try Self.read(current, &chunk, at: offset, path)
      guard count > 0 else { return true }
      room -= count
      offset += Int64(count)
      var rest = chunk[..<count]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        lines.append(partial + rest[..<end])
        partial.removeAll(keepingCapacity: true)
        rest = rest[(end + 1)...]
      }
      partial += rest
    }
    return false
  }

  /// Looks from the newest file back to ours: a rotation meanwhile makes a file appear twice, but
  /// hides none.
  private mutating func findSuccessors() throws {
    guard let newest = try Self.open(path) else { return }
    var found = [newest]
    var number = 1
    while found.last!.inode != inode, let older = try Self.open("\(path).\(number)") {
      number += 1
      if found.contains(where: { $0.inode == older.inode }) {
        Glibc.close(older.descriptor)
      } else {
        found.append(older)
      }
    }
    if found.last!.inode == inode {
      Glibc.close(found.removeLast().descriptor)
    } else {
      // Ours is gone: removed by the rotation, or by someone while older ones stayed.
      let age = Self.changed(current)
      let older = found.filter { Self.changed($0.descriptor) < age }
      found.removeAll { file in older.contains { $0.descriptor == file.descriptor } }
      for file in older { Glibc.close(file.descriptor) }
    }
    next = found.reversed()
  }

  /// When a file was written to, in nanoseconds since the epoch.
  private static func changed(_ file: Int32) -> Int64 {
    var status = stat()
    fstat(file, &status)
    return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
  }

  /// Reads backwards in growing steps, so that a long log costs what its end costs.
  private func collect(
    _ file: Int32, below end: Int64, _ count: Int, _ isWanted: (TailEvent) -> Bool,
    into events: inout [TailEvent]
  ) throws {
    var window: Int64 = 1 << 18
    while true {
      let start = max(0, end - window)
      var bytes = [UInt8](repeating: 0, count: Int(end - start))
      bytes.removeLast(bytes.count - (try Self.read(file, &bytes, at: start, path)))
      var found = EventAssembler.events(in: bytes)
      // The first event of a window may have begun before it.
      if start > 0 && !found.isEmpty { found.removeFirst() }
      if start == 0, let last = found.last, let first = events.first, last.stamp == first.stamp {
        events[0].records = last.records + first.records
        found.removeLast()
      }
      let wanted = found.filter(isWanted)
      if start == 0 || wanted.count + events.count >= count {
        events = wanted + events
        return
      }
      window *= 8
    }
  }

  private static func open(_ path: String) throws -> OpenFile? {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw failure(path)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      Glibc.close(descriptor)
      throw Failure("\(path): not a regular file")
    }
    return OpenFile(descriptor: descriptor, inode: UInt64(status.st_ino))
  }

  /// The end of the last whole line.
  private static func completeEnd(of file: Int32) -> Int64 {
    var status = stat()
    guard fstat(file, &status) == 0 else { return 0 }
    var end = Int64(status.st_size)
    var chunk = [UInt8](repeating: 0, count: 4096)
    while end > 0 {
      let start = max(0, end - Int64(chunk.count))
      let count = pread(file, &chunk, Int(end - start), Int(start))
      guard count > 0 else { return end }
      if let newline = chunk[..<count].lastIndex(of: UInt8(ascii: "\n")) {
        return start + Int64(newline) + 1
      }
      end = start
    }
    return 0
  }

  private static func read(
    _ file: Int32, _ buffer: inout [UInt8], at offset: Int64, _ path: String
  ) throws -> Int {
    var done = 0
    while done < buffer.count {
      let count = buffer.withUnsafeMutableBytes {
        pread(file, $0.baseAddress! + done, $0.count - done, Int(offset) + done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { break }
      done += count
    }
    return done
  }

  private static func failure(_ path: String) -> Failure {
    let code = errno
    let cure = code == EACCES ? "; run as root" : ""
    return Failure("\(path): \(String(cString: strerror(code)))\(cure)")
  }
}
