internal import AuditRecords
import Glibc
import Synchronization

/// What its file system's thread does for a log.
extension DaemonLog {
  /// How a log's turn has ended.
  enum Turn {
    /// Nothing waits any more.
    case done
    /// It has written as much as it may before the others of its disk have had their turn.
    case more
    /// The disk refused, or more is waited for: to be called again then (CLOCK_MONOTONIC, nanoseconds).
    case later(Int64)
    /// The other writer goes on with it.
    case handedOver
  }

  /// Bytes that one log writes before others do.
  private static let turn = 1 << 20
  /// After a failed write, in nanoseconds.
  private static let retry: Int64 = 1_000_000_000

  /// Writes what waits, for one turn.
  /// - Parameter kind: of the writer whose thread this is.
  func writeWaiting(as kind: LogWriter.Kind, _ list: inout BlockList) -> Turn {
    var bytes = 0
    while bytes < Self.turn {
      let (next, isClosing) = state.withLock {
        $0.isHeld = false
        return (
          isInBlocks.load(ordering: .relaxed) == (kind == .blocks) ? $0.front : nil, $0.closing
        )
      }
      if kind == .blocks, isClosing {
        handOver()
        return .handedOver
      }
      guard let front = next else { return .done }
      // The file is this thread's while it writes: no lock is held during write(2).
      guard var file = state.withLock({ $0.file.take() }) else { return .done }
      let before = file.size
      let rotations = file.rotations
      let outcome = Result { () throws(LogError) in
        kind == .blocks
          ? try writeBlocks(front, to: &file, &list) : try writeCached(front, to: &file)
      }
      if file.rotations == rotations {
        storedBytes.add(file.size - before, ordering: .relaxed)
        bytes += file.size - before
      } else {
        storedBytes.store(file.size + file.rotatedBytes(), ordering: .relaxed)
        bytes += front.batch.count
      }
      giveBack(file, outcome)
      finishWritten()
      switch outcome {
      case .success(.wrote): break
      case .success(.waits(let until)): return .later(until)
      case .success(.isForOther):
        handOver()
        return .handedOver
      case .failure: return .later(Clock.read(CLOCK_MONOTONIC) + Self.retry)
      }
    }
    return .more
  }

  private enum Outcome {
    case wrote
    case waits(until: Int64)
    case isForOther
  }

  private func writeCached(_ front: Front, to file: inout LogFile) throws(LogError) -> Outcome {
    if !front.isUrgent, isPatient.load(ordering: .relaxed),
      case .blocks = file.step(waiting: front.bytes, from: front.batch.written)
    {
      return .isForOther
    }
    try write(front.batch, to: &file)
    return .wrote
  }

  private func writeBlocks(
    _ front: Front, to file: inout LogFile, _ list: inout BlockList
  ) throws(LogError) -> Outcome {
    guard !front.isUrgent, isPatient.load(ordering: .relaxed) else {
      file.blocks.stop()
      return .isForOther
    }
    switch file.step(waiting: front.bytes, from: front.batch.written) {
    case .hold(let until): return .waits(until: until)
    case .blocks(let count):
      if try write(blocks: count, from: front.batch, to: &file, &list) { return .wrote }
    case .cached where !file.blocks.isOn: return .isForOther
    case .cached: break
    }
    try write(front.batch, to: &file)
    return .wrote
  }

  private func handOver() {
    let toBlocks = state.withLock { _ in
      let toBlocks = !isInBlocks.load(ordering: .relaxed)
      isInBlocks.store(toBlocks, ordering: .relaxed)
      return toBlocks
    }
    if toBlocks { writers.blocks.add(self) }
    (toBlocks ? writers.blocks : writers.cached).wake()
  }

  /// Writes a batch, through the page cache.
  private func write(_ batch: LogBatch, to file: inout LogFile) throws(LogError) {
    if batch.isFirst { try file.beginNew() }
    batch.isFirst = false
    defer {
      base.store(batch.start + UInt64(batch.written) &- UInt64(file.size), ordering: .relaxed)
    }
    let before = batch.written
    try file.append(batch.text.bytes, records: batch.records, written: &batch.written)
    file.blocks.wroteCached(batch.written - before, at: Clock.read(CLOCK_MONOTONIC))
    flusher?.wrote(batch.records, to: file)
  }

  /// Writes up to so many bytes of what waits, to the end of a block.
  /// - Returns: false if there is no whole block.
  private func write(
    blocks count: Int, from batch: LogBatch, to file: inout LogFile, _ list: inout BlockList
  ) throws(LogError) -> Bool {
    let rest = file.untilBlock
    if rest > 0 {
      let text = batch.text.bytes[batch.written...].prefix(rest)
      guard text.count == rest else { return false }
      batch.written += try file.put(UnsafeRawBufferPointer(rebasing: text))
      // Else the disk took less than it was given.
      guard file.untilBlock == 0 else { return true }
    }
    gather(count - rest, &list)
    guard list.bytes > 0 else { return false }
    try take(file.writeBlocks(list), &file)
    return true
  }

  /// Lists the whole blocks of what waits, up to so many bytes. What is left of a batch is in the first block of the next.
  private func gather(_ limit: Int, _ list: inout BlockList) {
    list.removeAll()
    var left: Int?
    while !list.isFull, list.bytes < limit, let batch = waiting(list.count) {
      if let left, batch.carried != left || batch.isFirst { return }
      let start = left == nil ? batch.written : 0
      let count = min(Self.blocks(batch.text.count - start), limit - list.bytes)
      list.append(UnsafeRawBufferPointer(rebasing: batch.text.bytes[start..<(start + count)]))
      left = batch.text.count - start - count
    }
  }

  /// So many bytes of what was listed are in the file.
  private func take(_ written: Int, _ file: inout LogFile) throws(LogError) {
    var left = written
    var records = 0
    var index = 0
    while left > 0, let batch = waiting(index) {
      let start = index == 0 ? batch.written : 0
      let count = min(Self.blocks(batch.text.count - start), left)
      left -= count
      // What it has left was written with the next one.
      batch.written = left > 0 ? batch.text.count : start + count
      if batch.written == batch.text.count { records += batch.records }
      index += 1
    }
    try file.count(records)
    flusher?.wrote(records, to: file)
  }

  /// Of so many bytes, those in whole blocks.
  private static func blocks(_ count: Int) -> Int { count & ~(BlockWrites.blockSize - 1) }

  private func waiting(_ index: Int) -> LogBatch? {
    state.withLock { index < $0.waiting.count ? $0.waiting[index] : nil }
  }

  private func giveBack(_ file: consuming LogFile, _ outcome: Result<Outcome, LogError>) {
    var file = Optional(file)
    var failure: String?
    var isHeld = false
    switch outcome {
    case .failure(let error): failure = error.description
    case .success(.waits): isHeld = true
    case .success: break
    }
    failing.store(failure != nil, ordering: .relaxed)
    state.withLock { state in
      state.file = file.take()
      state.failure = failure
      state.isHeld = isHeld
    }
  }

  private func finishWritten() {
    while let batch = state.withLock({ $0.takeWritten() }) {
      queued.subtract(batch.records, ordering: .relaxed)
      events.subtract(batch.events, ordering: .relaxed)
      queuedBytes.subtract(batch.count, ordering: .relaxed)
      writers.waiting.subtract(batch.count, ordering: .relaxed)
      done.add(UInt64(batch.records), ordering: .relaxed)
      batches.give(batch)
    }
  }

  /// Whether `close()` was called and nothing is left, or nothing more will be tried.
  func closeIfDone(giveUp: Bool) -> Bool {
    state.withLock { state in
      guard state.closing, giveUp || state.waiting.isEmpty else { return state.closed }
      if var file = state.file.take() { try? file.flush() }
      if !state.closed {
        if !state.isLeft { kept?.release() }
        // What is given up.
        writers.waiting.subtract(queuedBytes.load(ordering: .relaxed), ordering: .relaxed)
      }
      state.closed = true
      return true
    }
  }
}

extension DaemonLog {
  /// What is to be written next.
  fileprivate struct Front {
    let batch: LogBatch
    /// With those that follow it into the same file, in bytes.
    let bytes: Int
    /// It is not to wait for more.
    let isUrgent: Bool
  }
}

extension DaemonLog.State {
  fileprivate var front: DaemonLog.Front? {
    guard let first = waiting.first else { return nil }
    var bytes = 0
    for (index, batch) in waiting.enumerated() {
      if batch.isFirst, index > 0 { break }
      bytes += batch.text.count - batch.written
    }
    return DaemonLog.Front(batch: first, bytes: bytes, isUrgent: closing || first.isFirst)
  }

  fileprivate mutating func takeWritten() -> LogBatch? {
    guard let first = waiting.first, !first.isFirst, first.written == first.text.count else {
      return nil
    }
    return waiting.removeFirst()
  }
}
