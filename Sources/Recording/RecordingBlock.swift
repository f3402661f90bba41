internal import CZlib

/// Entries that are compressed together. In front of them: how many bytes they are in the file and in memory, how many events have
/// been recorded and left out so far, and checksums of both.
public struct RecordingBlock {
  /// More a block does not hold, in bytes of memory.
  public static let mostContent = 1 << 20
  /// An entry is not longer, so that a block can always hold one.
  public static let longestEntry = mostContent / 2
  /// What has grown so long is written.
  public static let fullContent = 256 << 10

  /// What stands in front of a block.
  struct Head: Equatable, Sendable {
    static let size = 36
    /// Bytes of it in the file.
    var stored: Int
    /// Bytes of its entries.
    var content: Int
    /// Events that were recorded, with those of this block, …
    var events: UInt64
    /// … and those that were left out.
    var leftOut: UInt64
    /// Nothing follows it.
    var isLast: Bool
    var checksum: UInt32

    var bytes: [UInt8] {
      var writer = FieldWriter()
      writer.put(UInt32(stored))
      writer.put(UInt32(content))
      writer.put(events)
      writer.put(leftOut)
      writer.put(checksum)
      writer.put(UInt32(isLast ? 1 : 0))
      writer.put(Checksum.of(writer.bytes))
      return writer.bytes
    }

    /// nil if the bytes are not one.
    init?(_ bytes: UnsafeRawBufferPointer) {
      guard bytes.count >= Self.size else { return nil }
      let known = UnsafeRawBufferPointer(rebasing: bytes[..<(Self.size - 4)])
      func number<T: FixedWidthInteger & BitwiseCopyable>(_ at: Int) -> T {
        T(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: T.self))
      }
      guard number(Self.size - 4) == Checksum.of(known) else { return nil }
      stored = Int(number(0) as UInt32)
      content = Int(number(4) as UInt32)
      events = number(8)
      leftOut = number(16)
      checksum = number(24)
      isLast = number(28) as UInt32 == 1
    }

    init(stored: [UInt8], content: Int, events: UInt64, leftOut: UInt64, isLast: Bool) {
      self.isLast = isLast
      self.stored = stored.count
      self.content = content
      self.events = events
      self.leftOut = leftOut
      checksum = Checksum.of(stored)
    }
  }

  /// A block as it stands in a file.
  /// - Parameter content: whole entries, `mostContent` bytes at most.
  public static func encode(
    _ content: [UInt8], events: UInt64, leftOut: UInt64, isLast: Bool = false
  ) -> [UInt8] {
    var length = compressBound(UInt(content.count))
    var stored = [UInt8](repeating: 0, count: Int(length))
    // The fastest: who records must keep up with the ring. It fails for want of memory alone.
    let status = compress2(&stored, &length, content, UInt(content.count), 1)
    precondition(status == Z_OK, "no memory to compress a block")
    stored.removeSubrange(Int(length)...)
    let head = Head(
      stored: stored, content: content.count, events: events, leftOut: leftOut, isLast: isLast)
    return head.bytes + stored
  }

  /// Puts an entry behind those of a block.
  public static func append(
    _ kind: EntryKind, _ payload: UnsafeRawBufferPointer, to content: inout [UInt8]
  ) {
    withUnsafeBytes(of: kind.rawValue.littleEndian) { content += $0 }
    content += [0, 0]
    withUnsafeBytes(of: UInt32(payload.count).littleEndian) { content += $0 }
    content += payload
    content += repeatElement(0, count: -payload.count & 7)
  }
}
