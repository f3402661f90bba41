/// When a log goes to its disk in whole blocks, past the page cache (O_DIRECT of open(2)). There, each 4 KiB take a page
/// of memory, which costs more than all else that is done for the events in it.
///
/// It is for a log that gets very much for some time, or at once: what waits is written when it is a lot, or has waited for
/// a while, and the last bytes, which fill no block, wait for what follows them.
struct BlockWrites {
  /// What is to be done with what waits.
  enum Step: Equatable {
    /// All of it is written, through the page cache.
    case cached
    /// So many bytes, up to the end of a block.
    case blocks(Int)
    /// More is waited for, until then (CLOCK_MONOTONIC, nanoseconds).
    case hold(until: Int64)
  }

  static let blockSize = 4096
  /// Bytes of one write: a disk has nearly its full speed, and the others that wait for it little to wait.
  static let most = 1 << 20
  /// What waits where it begins, and what must come in `patience` for it to begin and to go on.
  private static let beginning = 128 << 10
  private static let leastInTime = 320 << 10
  private static let patience: Int64 = 20_000_000
  private static let tick: Int64 = 1_000_000
  /// A disk that takes so long for a write is behind …
  private static let slow: Int64 = 50_000_000
  /// … and is left to the page cache: first for a moment, and for twice as long each time it is behind again, up to this. Once it
  /// has kept up for as long, for a moment again.
  private static let shortestRest: Int64 = 125_000_000
  private static let longestRest: Int64 = 1_000_000_000

  /// Whether what was written last went past the page cache.
  private(set) var isOn = false
  private var waitsSince: Int64?
  private var notBefore: Int64 = 0
  private var rest = shortestRest
  /// What has gone through the page cache since a time, and whether that was very much when it was last looked at.
  private var cached = (bytes: 0, since: Int64(0))
  private var isMuch = false

  /// - Parameters:
  ///   - waiting: bytes that are to be written.
  ///   - room: bytes that the file takes.
  ///   - size: bytes in the file.
  mutating func step(waiting: Int, room: Int, size: Int, at now: Int64) -> Step {
    let begins = isMuch && waiting >= Self.beginning || waiting >= Self.most
    guard now >= notBefore, isOn || begins else {
      isOn = false
      return .cached
    }
    let most = min(waiting, room, Self.most)
    let blocks = (size + most) / Self.blockSize * Self.blockSize - size
    if most == waiting, most < Self.most, isOn {
      let since = waitsSince ?? now
      waitsSince = since
      if now - since < Self.patience { return .hold(until: since + Self.patience) }
      guard waiting >= Self.leastInTime else { return end() }
    }
    waitsSince = nil
    // At the end of a file that is to be rotated.
    return blocks > 0 ? .blocks(blocks) : .cached
  }

  private mutating func end() -> Step {
    stop()
    return .cached
  }

  /// What comes now is little, or must not wait.
  mutating func stop() {
    isOn = false
    isMuch = false
    waitsSince = nil
  }

  /// So many bytes went through the page cache.
  mutating func wroteCached(_ bytes: Int, at now: Int64) {
    cached.bytes += bytes
    let time = now - cached.since
    guard time >= Self.patience else { return }
    // The time may be that of months.
    isMuch =
      cached.bytes / Int(time / Self.tick) >= Self.leastInTime / Int(Self.patience / Self.tick)
    cached = (0, now)
  }

  /// Blocks were written, which has taken so many nanoseconds.
  mutating func wrote(in nanoseconds: Int64, at now: Int64) {
    isOn = true
    if nanoseconds > Self.slow { return refused(at: now) }
    if now - notBefore > Self.longestRest { rest = Self.shortestRest }
  }

  /// Blocks could not be written: how all is written tells why.
  mutating func refused(at now: Int64) {
    isOn = false
    notBefore = now + rest
    rest = min(2 * rest, Self.longestRest)
  }
}
