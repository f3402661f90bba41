internal import CNestaudit

/// A growable run of bytes that is written once and read once: the text of records on its way to
/// a log.
///
/// Appending allocates only when the capacity is used up; `removeAll()` keeps it, so a buffer that
/// is handed back and forth reaches a steady state without allocations.
public struct TextBuffer: ~Copyable, @unchecked Sendable {
  private var base: UnsafeMutablePointer<UInt8>
  /// Bytes that fit before it has to grow.
  public private(set) var capacity: Int
  /// Bytes written so far.
  public private(set) var count: Int
  /// Whose memory it is in; nil if it is its own.
  private let lender: (any TextMemory)?

  /// Makes an empty buffer in memory that somebody lends.
  public init(in memory: any TextMemory) {
    lender = memory
    let room = memory.grow(toHold: 64, of: 0)
    base = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
    capacity = room.count
    count = 0
  }

  /// Makes an empty buffer.
  /// - Parameter capacity: bytes that fit before it has to grow; at least 64.
  public init(capacity: Int = 4096) {
    lender = nil
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
    count = 0
  }

  deinit { if lender == nil { base.deallocate() } }

  /// Whether it holds no byte.
  public var isEmpty: Bool { count == 0 }

  /// The bytes written so far; valid until the next change.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Forgets the content and keeps the memory.
  public mutating func removeAll() { count = 0 }

  /// Replaces the byte that is so many from the end; 1 is the last one.
  @inline(__always)
  mutating func set(_ byte: UInt8, fromEnd place: Int) {
    precondition(place >= 1 && place <= count)
    base[count &- place] = byte
  }

  /// Has `body` change some of the bytes.
  @inline(__always)
  mutating func change(_ part: Range<Int>, _ body: (UnsafeMutablePointer<UInt8>) -> Void) {
    precondition(part.lowerBound >= 0 && part.upperBound <= count)
    body(base + part.lowerBound)
  }

  /// Forgets everything behind the first `newCount` bytes.
  public mutating func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count)
    count = newCount
  }

  /// Appends a byte.
  @inline(__always)
  public mutating func append(_ byte: UInt8) {
    if count == capacity { grow(toHold: count + 1) }
    base[count] = byte
    count &+= 1
  }

  /// Appends a copy of the bytes.
  @inline(__always)
  public mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    append(source, count: bytes.count)
  }

  /// Appends a copy of `size` bytes, at least 0.
  @inline(__always)
  mutating func append(_ source: UnsafeRawPointer, count size: Int) {
    let end = count &+ size
    if end > capacity { grow(toHold: end) }
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: size)
    count = end
  }

  /// Appends text as it stands in the source.
  @inline(__always)
  public mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a copy of a part of itself.
  @inline(__always)
  public mutating func append(repeating part: Range<Int>) {
    precondition(part.lowerBound >= 0 && part.upperBound <= count)
    let end = count &+ part.count
    if end > capacity { grow(toHold: end) }
    (base + count).update(from: base + part.lowerBound, count: part.count)
    count = end
  }

  /// Reserves `size` bytes to be filled by `body`, which returns how many it used.
  @inline(__always)
  public mutating func append(
    atMost size: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int
  ) {
    if count &+ size > capacity { grow(toHold: count &+ size) }
    let used = body(base + count)
    precondition(used >= 0 && used <= size)
    count &+= used
  }

  /// An event has about so many bytes.
  private static let fetched = 1024

  /// Has the processor fetch the memory for the event after the next: another one has read it last, to write it to a log.
  @inline(__always)
  public func fetchAhead() {
    guard count &+ 2 &* Self.fetched <= capacity else { return }
    nestaudit_prefetch_to_write(base + count + Self.fetched, UInt32(Self.fetched))
  }

  @inline(never)
  private mutating func grow(toHold needed: Int) {
    if let lender {
      let room = lender.grow(toHold: max(needed, capacity &* 2), of: count)
      base = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
      capacity = room.count
      return
    }
    let larger = max(needed, capacity &* 2)
    let replacement = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    replacement.update(from: base, count: count)
    base.deallocate()
    base = replacement
    capacity = larger
  }
}

/// Memory that a text is written into, and that somebody else has.
public protocol TextMemory: AnyObject {
  /// Room for so many bytes, which is in place of all that was lent before, and has its first `count` bytes.
  func grow(toHold needed: Int, of count: Int) -> UnsafeMutableRawBufferPointer
}
