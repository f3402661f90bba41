import Glibc

/// The memory of several batches that is written at once.
struct BlockList: ~Copyable {
  /// A batch gives one part; those of a log that is behind are larger than the rest.
  private static let capacity = 64

  private let base = UnsafeMutablePointer<iovec>.allocate(capacity: Self.capacity)
  private(set) var count = 0
  /// In all its parts.
  private(set) var bytes = 0

  init() {}

  deinit { base.deallocate() }

  var parts: UnsafeBufferPointer<iovec> { UnsafeBufferPointer(start: base, count: count) }
  var isFull: Bool { count == Self.capacity }

  mutating func removeAll() {
    count = 0
    bytes = 0
  }

  /// Appends what is valid until it is written.
  mutating func append(_ part: UnsafeRawBufferPointer) {
    precondition(!isFull)
    base[count] = iovec(
      iov_base: UnsafeMutableRawPointer(mutating: part.baseAddress), iov_len: part.count)
    count += 1
    bytes += part.count
  }
}
