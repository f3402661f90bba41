import CNestaudit
import Glibc
import Logging

/// Brings the logs of a collector that was killed to where it had come: what it had committed and not yet written, a
/// line that it has left torn among it, is appended from what it kept.
///
/// Whenever this is killed, the next one goes on: each write is announced and noted as those of a log's writer are.
struct KeptRecovery {
  private let memory: KeptMemory
  private let logger: Logger

  init(_ memory: KeptMemory, logger: Logger) {
    self.memory = memory
    self.logger = logger
  }

  /// Writes what is missing.
  /// - Returns: events that were committed and could not be written, by daemon.
  func run() -> [(daemon: String, events: UInt64)] {
    var lost: [(daemon: String, events: UInt64)] = []
    for index in memory.usedLogs {
      forgetUncommitted(index)
      let log = KeptLog(index, in: memory)
      guard let state = log.state else {
        log.release()
        continue
      }
      let serial = complete(log, state)
      if serial < state.serial { lost.append((log.name, state.serial - serial)) }
      if state.ended != 0 { log.release() }
    }
    forgetBatches()
    return lost
  }

  /// A state of the commit that was about to be made would hold with the next one.
  private func forgetUncommitted(_ index: Int) {
    let log = memory.log(index)
    if log.pointee.state.0.commit > memory.commit { log.pointee.state.0.commit = 0 }
    if log.pointee.state.1.commit > memory.commit { log.pointee.state.1.commit = 0 }
  }

  private struct Piece {
    let batch: UInt32
    /// Where its own lines begin …
    let start: UInt64
    /// … and where its text does, which is in what went before.
    let textStart: UInt64
  }

  /// - Returns: serial number of the last event in the log.
  private func complete(_ log: KeptLog, _ state: kept_state) -> UInt64 {
    let file = open(log)
    defer { if file >= 0 { close(file) } }
    var status = stat()
    let size = file >= 0 && fstat(file, &status) == 0 ? Int(status.st_size) : 0
    var at = log.written(fileSize: size)
    log.settle(at: at)
    log.opened(file, size: size)
    guard at < state.end else { return state.serial }
    logger.notice("\(log.path): \(state.end - at) bytes that were captured before are written")
    let pieces = pieces(of: log)
    for (number, piece) in pieces.enumerated() {
      let next = number + 1 < pieces.count ? pieces[number + 1].start : state.end
      let end = min(next, state.end)
      guard file >= 0, piece.textStart <= at, at < end else { continue }
      guard write(piece, from: at, to: end, file, log) else { break }
      at = end
    }
    log.settle(at: state.end)
    return at < state.end ? Self.lastSerial(in: log.path) : state.serial
  }

  /// Of the last whole line of a log; 0 if there is none.
  private static func lastSerial(in path: String) -> UInt64 {
    let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var end = [UInt8](repeating: 0, count: 256 << 10)
    let size = lseek(file, 0, SEEK_END)
    let count = pread(file, &end, end.count, max(0, size - off_t(end.count)))
    guard count > 0, let newline = end[..<count].lastIndex(of: UInt8(ascii: "\n")),
      let close = end[..<newline].lastIndex(of: UInt8(ascii: ")")),
      let colon = end[..<close].lastIndex(of: UInt8(ascii: ":"))
    else { return 0 }
    return UInt64(String(decoding: end[(colon + 1)..<close], as: UTF8.self)) ?? 0
  }

  private func pieces(of log: KeptLog) -> [Piece] {
    var pieces: [Piece] = []
    for index in 0..<UInt32(KEPT_BATCHES) {
      let batch = memory.batch(index).pointee
      if batch.log & 0xffff_ffff == UInt64(log.index) + 1 {
        pieces.append(
          Piece(
            batch: index, start: batch.start, textStart: batch.start &- (batch.log >> 32)))
      }
    }
    return pieces.sorted { $0.start < $1.start }
  }

  private func write(
    _ piece: Piece, from start: UInt64, to end: UInt64, _ file: Int32, _ log: KeptLog
  ) -> Bool {
    var bytes = [UInt8](repeating: 0, count: Int(end - start))
    let offset = KeptMemory.textOffset(piece.batch) + (start - piece.textStart)
    guard pread(memory.descriptor, &bytes, bytes.count, off_t(offset)) == bytes.count else {
      return false
    }
    var done = 0
    while done < bytes.count {
      log.willWrite(bytes.count - done)
      let count = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress! + done, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        logger.error("\(log.path): \(String(cString: strerror(errno))) (write)")
        return false
      }
      log.didWrite(count)
      done += count
    }
    return true
  }

  /// The file that the log's writer had: where it was, or where it has been moved to since another container took its
  /// place.
  private func open(_ log: KeptLog) -> Int32 {
    let path = log.path
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let name = path.dropFirst(directory.utf8.count)
    let above = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
    let own = directory.dropFirst(above.utf8.count + 1)
    let moved = (TextFile.names(in: above) ?? [])
      .filter { $0.hasPrefix(own + ".") }.map { above + "/" + $0 + name }
    for place in [path] + moved {
      let file = Glibc.open(place, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
      guard file >= 0 else { continue }
      var status = stat()
      if fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, log.isFile(status) {
        return file
      }
      close(file)
    }
    // It was about to be made, or somebody has taken it away.
    return Glibc.open(
      path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0o600)
  }

  /// Gives the room of all texts back: they are in the logs.
  private func forgetBatches() {
    for index in 0..<UInt32(KEPT_BATCHES) where memory.batch(index).pointee.log != 0 {
      nestaudit_store_release(&memory.batch(index).pointee.log, 0)
    }
    nestaudit_deallocate(memory.descriptor, KEPT_AT_TEXTS, KEPT_SIZE - KEPT_AT_TEXTS)
  }
}
