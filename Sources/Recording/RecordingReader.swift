internal import CZlib
import Glibc

/// Reads a recording, block after block. Whatever the file holds, it takes no more memory than two blocks, and ends with its contents
/// or with an error that says where it is damaged.
public struct RecordingReader: ~Copyable {
  /// One entry; valid until the next is asked for.
  public struct Entry {
    /// What it is.
    public let kind: EntryKind
    /// At an address that is a multiple of 8.
    public let payload: UnsafeRawBufferPointer
    /// Of its block in the file, in bytes.
    public let offset: Int

    /// Its values.
    public var fields: FieldReader { FieldReader(payload, offset: offset) }
  }

  /// Where the recording is from.
  public let header: RecordingHeader
  private let descriptor: Int32
  private let content = UnsafeMutableRawBufferPointer.allocate(
    byteCount: RecordingBlock.mostContent, alignment: 16)
  private let stored = UnsafeMutableRawBufferPointer.allocate(
    byteCount: RecordingReader.mostStored, alignment: 16)
  /// Of the block that is read: where it begins in the file, how long its entries are, how far they were given out.
  private var block = (offset: 0, count: 0, at: 0)
  private var next: Int
  private var isEnded = false

  /// Opens a file, and reads what stands at its beginning.
  public init(path: String) throws(RecordingError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw RecordingError("cannot be opened: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw RecordingError("is not a regular file")
    }
    do throws(RecordingError) {
      let count = try Self.read(descriptor, stored, at: 0)
      (header, next) = try RecordingHeader.read(
        UnsafeRawBufferPointer(rebasing: stored[..<count]))
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    content.deallocate()
    stored.deallocate()
  }

  /// The next entry; nil behind the last.
  public mutating func nextEntry() throws(RecordingError) -> Entry? {
    while block.at == block.count {
      if isEnded {
        let one = UnsafeMutableRawBufferPointer(rebasing: stored[..<1])
        guard try Self.read(descriptor, one, at: next) == 0 else {
          throw .damaged(at: next, "something follows its end")
        }
        return nil
      }
      try readBlock()
    }
    let offset = block.offset
    let rest = UnsafeRawBufferPointer(rebasing: content[block.at..<block.count])
    guard rest.count >= 8,
      let kind = EntryKind(rawValue: UInt16(littleEndian: rest.loadUnaligned(as: UInt16.self)))
    else { throw .damaged(at: offset, "an entry of a kind that there is not") }
    let length = Int(UInt32(littleEndian: rest.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    guard length <= RecordingBlock.longestEntry, 8 + (length + 7) & ~7 <= rest.count else {
      throw .damaged(at: offset, "an entry is longer than its block")
    }
    block.at += 8 + (length + 7) & ~7
    if kind == .end {
      guard block.at == block.count else { throw .damaged(at: offset, "something follows its end") }
      isEnded = true
    }
    return Entry(
      kind: kind, payload: UnsafeRawBufferPointer(rebasing: rest[8..<(8 + length)]),
      offset: offset)
  }

  private mutating func readBlock() throws(RecordingError) {
    let start = next
    let size = RecordingBlock.Head.size
    let front = UnsafeMutableRawBufferPointer(rebasing: stored[..<size])
    let got = try Self.read(descriptor, front, at: start)
    guard got == size else { throw RecordingHeader.truncated(at: start + got) }
    guard let head = RecordingBlock.Head(UnsafeRawBufferPointer(front)),
      head.content <= RecordingBlock.mostContent, head.stored <= stored.count
    else { throw .damaged(at: start, "what stands in front of a block") }
    let whole = UnsafeMutableRawBufferPointer(rebasing: stored[..<head.stored])
    let read = try Self.read(descriptor, whole, at: start + size)
    guard read == head.stored else { throw RecordingHeader.truncated(at: start + size + read) }
    guard Checksum.of(UnsafeRawBufferPointer(whole)) == head.checksum else {
      throw .damaged(at: start, "a block has another checksum")
    }
    var length = UInt(content.count)
    let status = uncompress(
      content.baseAddress!.assumingMemoryBound(to: UInt8.self), &length,
      stored.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt(head.stored))
    guard status == Z_OK, Int(length) == head.content else {
      throw .damaged(at: start, "a block cannot be decompressed")
    }
    block = (start, head.content, 0)
    next = start + size + head.stored
  }

  /// What a block can be compressed to at most.
  private static let mostStored = Int(compressBound(UInt(RecordingBlock.mostContent)))

  /// Reads as much as there is, up to all of `bytes`; returns how much that was.
  private static func read(
    _ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(RecordingError) -> Int {
    var done = 0
    while done < bytes.count {
      let got = pread(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if got < 0, errno == EINTR { continue }
      if got < 0 { throw RecordingError("cannot be read: \(String(cString: strerror(errno)))") }
      if got == 0 { break }
      done += got
    }
    return done
  }
}
