/// How the lines of an event that several daemons see alike differ between them: where their serials and keys are in those
/// of the first one. The others' are copied from there while they are in the processor's nearest cache.
struct TwinLines: ~Copyable {
  private struct Mark {
    /// From the beginning of the lines.
    let offset: Int
    let count: Int
    let isKey: Bool
  }

  /// Whose they are: 0 is nobody's.
  private var view: UInt64 = 0
  private var chain: UnsafeRawBufferPointer?
  private var serial: UInt64 = 0
  private var key: UnsafeRawBufferPointer?
  /// Where they begin in the text they are written to.
  private var start = 0
  /// Their bytes.
  private(set) var count = 0
  private var marks = FlatArray<Mark>(capacity: 16)

  /// There are none.
  mutating func removeAll() { view = 0 }

  /// Lines begin in `text`.
  mutating func begin(
    _ view: NamespaceView, _ chain: UnsafeRawBufferPointer?, _ serial: UInt64,
    _ key: UnsafeRawBufferPointer?, in text: borrowing TextBuffer
  ) {
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

  /// Whether a daemon of this view has the same ones.
  func serve(_ view: NamespaceView, _ chain: UnsafeRawBufferPointer?) -> Bool {
    guard self.view == view.number else { return false }
    guard let chain, let known = self.chain else { return chain == nil && self.chain == nil }
    return chain.elementsEqual(known)
  }

  /// Appends them for another daemon.
  /// - Parameter lines: the first one's.
  func append(
    copying lines: UnsafeRawPointer, serial: UInt64, key: UnsafeRawBufferPointer?,
    to text: inout TextBuffer
  ) {
    let digits = TextBuffer.decimalDigits(of: serial)
    if digits == TextBuffer.decimalDigits(of: self.serial), digits <= TextBuffer.copiedDigits,
      isSame(key)
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

  private func isSame(_ other: UnsafeRawBufferPointer?) -> Bool {
    guard let key, let other else { return key == nil && other == nil }
    return key.count == other.count
      && (key.baseAddress == other.baseAddress || key.elementsEqual(other))
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
