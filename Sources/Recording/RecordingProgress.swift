/// Looks on while a recording is written piece by piece: how far it is, and whether its end has come.
public struct RecordingProgress {
  /// Events that are in it so far.
  public private(set) var events: UInt64 = 0
  /// Events that were left out so far.
  public private(set) var leftOut: UInt64 = 0
  /// Its last block has come, whole.
  public private(set) var isWhole = false
  /// What may be the beginning of something.
  private var pending: [UInt8] = []
  /// Bytes that need not be looked at.
  private var skipped = 0
  private var hasHeader = false
  private var isLast = false
  private var isRefused = false

  /// Nothing yet.
  public init() {}

  /// Looks at what is added.
  public mutating func take(_ bytes: [UInt8]) {
    guard !isRefused else { return }
    pending += bytes
    while true {
      let skipping = min(skipped, pending.count)
      pending.removeFirst(skipping)
      skipped -= skipping
      if skipped > 0 { return }
      if isLast { isWhole = true }
      guard hasHeader ? takeHead() : takeHeader() else { return }
    }
  }

  private mutating func takeHeader() -> Bool {
    guard let size = pending.withUnsafeBytes({ try? RecordingHeader.read($0).size }) else {
      return false
    }
    skipped = size
    hasHeader = true
    return true
  }

  private mutating func takeHead() -> Bool {
    guard !isLast, pending.count >= RecordingBlock.Head.size else { return false }
    guard let head = pending.withUnsafeBytes({ RecordingBlock.Head($0) }) else {
      isRefused = true
      return false
    }
    events = head.events
    leftOut = head.leftOut
    isLast = head.isLast
    skipped = RecordingBlock.Head.size + head.stored
    return true
  }
}
