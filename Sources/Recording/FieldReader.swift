/// Takes what `FieldWriter` has put, and believes nothing: every length is held against what is there.
public struct FieldReader: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  private var at = 0
  private let offset: Int

  /// - Parameters:
  ///   - bytes: must outlive the reader.
  ///   - offset: where in the file they are from, for errors.
  public init(_ bytes: UnsafeRawBufferPointer, offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  /// Whether nothing is left.
  public var isAtEnd: Bool { at == bytes.count }

  /// An error that says where.
  public func damaged(_ what: String) -> RecordingError { .damaged(at: offset, what) }

  /// Takes a number.
  public mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type = Number.self
  ) throws(RecordingError) -> Number {
    let size = MemoryLayout<Number>.size
    guard size <= bytes.count - at else { throw damaged("an entry is too short") }
    defer { at += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
  }

  /// Takes a yes or no.
  public mutating func flag() throws(RecordingError) -> Bool {
    let value: UInt8 = try number()
    guard value < 2 else { throw damaged("neither yes nor no") }
    return value == 1
  }

  /// Takes bytes, valid as long as those of the entry.
  public mutating func data() throws(RecordingError) -> UnsafeRawBufferPointer {
    let count = Int(try number(UInt32.self))
    guard count <= bytes.count - at else { throw damaged("an entry is too short") }
    defer { at += count }
    return UnsafeRawBufferPointer(rebasing: bytes[at..<(at + count)])
  }

  /// Takes a text.
  public mutating func text() throws(RecordingError) -> String {
    let data = try data()
    guard let text = String(validating: data, as: UTF8.self) else {
      throw damaged("a text is none")
    }
    return text
  }

  /// Takes a text that need not be there.
  public mutating func optionalText() throws(RecordingError) -> String? {
    try flag() ? try text() : nil
  }

  /// Takes a list.
  public mutating func list<Element>(
    _ body: (inout FieldReader) throws(RecordingError) -> Element
  ) throws(RecordingError) -> [Element] {
    let count = Int(try number(UInt32.self))
    // Every element has a byte at least: a count alone cannot ask for memory.
    guard count <= bytes.count - at else { throw damaged("a list is too long") }
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try body(&self)) }
    return elements
  }

  /// Reads bytes that were taken.
  public func nested(_ bytes: UnsafeRawBufferPointer) -> FieldReader {
    FieldReader(bytes, offset: offset)
  }

  /// To be called when all has been taken.
  public func finish() throws(RecordingError) {
    guard isAtEnd else { throw damaged("an entry is too long") }
  }
}
