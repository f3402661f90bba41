import CNestaudit
import Glibc

/// Whole blocks, past the page cache.
extension LogFile {
  /// Less is not worth it.
  private static let fewest = 32 << 10

  /// Whether its file system can, and auditd.conf does not ask for what was written on the disk.
  static func takesBlocks(_ descriptor: Int32, _ flush: AuditdConfiguration.Flush) -> Bool {
    guard !flush.waits else { return false }
    let alignment = Int(nestaudit_direct_alignment(descriptor))
    return alignment > 0 && BlockWrites.blockSize % alignment == 0
  }

  /// What is to be done with so many bytes.
  /// - Parameter offset: where they begin in memory that has blocks.
  mutating func step(waiting: Int, from offset: Int) -> BlockWrites.Step {
    guard takesBlocks, (offset - size) & (BlockWrites.blockSize - 1) == 0 else { return .cached }
    let room = configuration.rotationSize.map { max($0 - size, 0) } ?? .max
    let step = blocks.step(
      waiting: waiting, room: room, size: size, at: Clock.read(CLOCK_MONOTONIC))
    guard case .blocks(let count) = step else { return step }
    guard count >= Self.fewest, cached.areFew(with: untilBlock, in: descriptor, size: size) else {
      return .cached
    }
    return step
  }

  /// Bytes up to the end of the block that it ends in.
  var untilBlock: Int { -size & (BlockWrites.blockSize - 1) }

  /// Writes whole blocks behind the end of one.
  /// - Returns: bytes that were written; 0 if that is not possible just now.
  mutating func writeBlocks(_ list: borrowing BlockList) -> Int {
    let began = Clock.read(CLOCK_MONOTONIC)
    guard cached.settle(in: descriptor, size: size),
      let count = try? put(list.parts, isDirect: true)
    else {
      blocks.refused(at: began)
      return 0
    }
    let now = Clock.read(CLOCK_MONOTONIC)
    blocks.wrote(in: now - began, at: now)
    return count
  }
}
