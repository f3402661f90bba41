/// How the lines of an event that several daemons see alike differ between them: where their serials and keys are in those
/// of the first one. The others' are copied from there while they are in the processor's nearest cache.
public struct TwinLines: ~Copyable {
  /// Where a daemon's lines begin.
  public struct Place {
    /// The daemon, for whoever named it.
    public let daemon: UnsafeRawPointer
    /// From the beginning of all that it has written, in bytes.
    public let position: UInt64

    /// Lines of a daemon, at a place of its stream.
    public init(_ daemon: UnsafeRawPointer, _ position: UInt64) {
      self.daemon = daemon
      self.position = position
    }
  }

  private struct Mark {
    /// From the beginning of the lines.
    let offset: Int
    let count: Int
    let isKey: Bool
  }

  /// Where they are; nil if there are none.
  private var place: Place?
  /// Who sees them so.
  private var view: UInt64 = 0
  private var chain: UnsafeRawBufferPointer?
  private var serial: UInt64 = 0
  private var key: UnsafeRawBufferPointer?
  /// Where they begin in the text they are written to.
  private var start = 0
  private var count = 0
  private var marks = FlatArray<Mark>(capacity: 16)

  /// There are none.
  mutating func removeAll() { place = nil }

  /// Lines begin in `text`.
  mutating func begin(
    at place: Place, _ view: NamespaceView, _ chain: UnsafeRawBufferPointer?, _ serial: UInt64,
    _ key: UnsafeRawBufferPointer?, in text: borrowing TextBuffer
  ) {
    self.place = place
    self.view = view.number
    self.chain = chain
    self.serial = serial
    self.key = key
    start = text.count
    marks.removeAll()
  }

  /// What was appended to `text` from `place` on is a daemon's own.
  @inline(__always)
  mutating func note(from place: Int, to text: borrowing TextBuffer, isKey: Bool = false) {
    marks.append(Mark(offset: place - start, count: text.count - place, isKey: isKey))
  }

  /// They are whole.
  mutating func end(in text: borrowing TextBuffer) { count = text.count - start }

  /// Where they are, and their bytes, for a daemon of this view that has the same ones; nil if it has not.
  @inline(__always)
  func serve(
    _ view: NamespaceView, _ chain: UnsafeRawBufferPointer?
  ) -> (place: Place, count: Int)? {
    guard let place, self.view == view.number, isSame(chain, self.chain) else { return nil }
    return (place, count)
  }

  /// Appends them for another daemon.
  /// - Parameter lines: the first one's.
  func append(
    copying lines: UnsafeRawPointer, serial: UInt64, key: UnsafeRawBufferPointer?,
    to text: inout TextBuffer
  ) {
    let digits = TextBuffer.decimalDigits(of: serial)
    if digits == TextBuffer.decimalDigits(of: self.serial), digits <= TextBuffer.copiedDigits,
      isSame(key, self.key)
    {
      let start = text.count
      text.append(lines, count: count)
      var first: Int?
      for index in 0..<marks.count where !marks[index].isKey {
        let end = start + marks[index].offset + digits
        if let first {
          text.repeatStamp(endingAt: first, at: end)
        } else {
          text.replace(decimal: serial, digits: digits, endingAt: end)
          first = end
        }
      }
      return
    }
    var copied = 0
    for index in 0..<marks.count {
      let mark = marks[index]
      text.append(lines + copied, count: mark.offset - copied)
      copied = mark.offset + mark.count
      if mark.isKey { text.append(key: key) } else { text.append(serial: serial) }
    }
    text.append(lines + copied, count: count - copied)
  }

  private func isSame(_ one: UnsafeRawBufferPointer?, _ other: UnsafeRawBufferPointer?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one.count == other.count
      && (one.baseAddress == other.baseAddress || one.elementsEqual(other))
  }
}

extension TextBuffer {
  /// So many digits of a serial `repeatStamp` copies: it begins in the stamp, which is longer (" msg=audit(1.002:").
  static let copiedDigits = MemoryLayout<SIMD2<UInt64>>.size

  /// Copies the serial that ends at a place, with what is before it in every record of the event, to another place.
  @inline(__always)
  fileprivate mutating func repeatStamp(endingAt source: Int, at end: Int) {
    let stamp = bytes.loadUnaligned(
      fromByteOffset: source - Self.copiedDigits, as: SIMD2<UInt64>.self)
    change(end - Self.copiedDigits..<end) {
      UnsafeMutableRawPointer($0).storeBytes(of: stamp, as: SIMD2<UInt64>.self)
    }
  }
}
