import Glibc

/// The kernel's spellings (kernel/audit.c).
extension TextBuffer {
  /// %u, %lu
  @inline(__always)
  mutating func append(decimal value: UInt64) {
    if value < 10 { return append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
    append(atMost: 20) { memory in
      let digits = Self.decimalDigits(of: value)
      Self.write(value, digits, to: memory)
      return digits
    }
  }

  /// Writes a number over one that ends at `end` and has as many digits.
  mutating func replace(decimal value: UInt64, digits: Int, endingAt end: Int) {
    change(end - digits..<end) { Self.write(value, digits, to: $0) }
  }

  @inline(__always)
  private static func write(_ value: UInt64, _ digits: Int, to memory: UnsafeMutablePointer<UInt8>)
  {
    var rest = value
    var at = digits
    while rest >= 10 {
      at &-= 2
      let pair = pairs.utf8Start + 2 * Int(truncatingIfNeeded: rest % 100)
      memory[at] = pair[0]
      memory[at &+ 1] = pair[1]
      rest /= 100
    }
    if at > 0 { memory[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest) }
  }

  /// Of the numbers below 100.
  private static let pairs: StaticString =
    """
    00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960\
    616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

  @inline(__always)
  static func decimalDigits(of value: UInt64) -> Int {
    var digits = 1
    var rest = value
    while rest >= 10000 {
      digits &+= 4
      rest /= 10000
    }
    if rest >= 1000 { return digits &+ 3 }
    if rest >= 100 { return digits &+ 2 }
    return rest >= 10 ? digits &+ 1 : digits
  }

  /// %d, %ld
  @inline(__always)
  mutating func append(signed value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// %x with at least `width` digits; %X with the letters from A on.
  @inline(__always)
  mutating func append(
    hex value: UInt64, width: Int = 1, letters: UInt8 = UInt8(ascii: "a")
  ) {
    append(atMost: 16) { memory in
      let digits = max(width, (67 &- (value | 1).leadingZeroBitCount) >> 2)
      let memory = UnsafeMutableRawPointer(memory)
      let low = Self.hexDigits(UInt32(truncatingIfNeeded: value), letters)
      if digits <= 8 {
        let first = low << UInt64(8 &* (8 &- digits))
        memory.storeBytes(of: first.bigEndian, as: UInt64.self)
      } else {
        let high = Self.hexDigits(UInt32(truncatingIfNeeded: value >> 32), letters)
        let first = high << UInt64(8 &* (16 &- digits))
        memory.storeBytes(of: first.bigEndian, as: UInt64.self)
        (memory + (digits &- 8)).storeBytes(of: low.bigEndian, as: UInt64.self)
      }
      return digits
    }
  }

  /// Eight digits, the first one in the highest byte.
  @inline(__always)
  private static func hexDigits(_ value: UInt32, _ letters: UInt8) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var digits = UInt64(value)
    digits = (digits | digits << 16) & 0x0000_ffff_0000_ffff
    digits = (digits | digits << 8) & 0x00ff_00ff_00ff_00ff
    digits = (digits | digits << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let above9 = (digits &+ ones &* 6) >> 4 & ones
    return digits &+ ones &* UInt64(UInt8(ascii: "0"))
      &+ above9 &* UInt64(letters &- 10 &- UInt8(ascii: "0"))
  }

  /// %#o: with a leading 0.
  @inline(__always)
  mutating func append(octal value: UInt64) {
    if value != 0 { append(UInt8(ascii: "0")) }
    append(octalDigits: value)
  }

  /// %llo
  @inline(__always)
  mutating func append(octalDigits value: UInt64) {
    append(atMost: 22) { memory in
      var digits = 0
      var rest = value
      repeat {
        memory[digits] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest & 7)
        rest >>= 3
        digits &+= 1
      } while rest > 0
      Self.reverse(memory, digits)
      return digits
    }
  }

  /// audit_log_n_hex: two upper-case digits a byte.
  mutating func append(hexBytes bytes: UnsafeRawBufferPointer) {
    append(atMost: 2 * bytes.count) { memory in
      var at = 0
      for byte in bytes {
        memory[at] = Self.digit(UInt64(byte >> 4), letters: UInt8(ascii: "A"))
        memory[at &+ 1] = Self.digit(UInt64(byte & 15), letters: UInt8(ascii: "A"))
        at &+= 2
      }
      return at
    }
  }

  /// audit_log_n_string: in quotes, as it is.
  @inline(__always)
  mutating func append(quoted bytes: UnsafeRawBufferPointer) {
    let size = bytes.count
    append(atMost: size &+ 2) { memory in
      memory[0] = UInt8(ascii: "\"")
      if let source = bytes.baseAddress {
        UnsafeMutableRawPointer(memory + 1).copyMemory(from: source, byteCount: size)
      }
      memory[size &+ 1] = UInt8(ascii: "\"")
      return size &+ 2
    }
  }

  /// audit_log_n_untrustedstring: quoted, or hex if it might be mistaken for something else.
  mutating func append(untrusted bytes: UnsafeRawBufferPointer) {
    if bytes.needsHex { append(hexBytes: bytes) } else { append(quoted: bytes) }
  }

  /// A security label, or a program's message: as it is, as the kernel has it. Its bytes are somebody's: none is to be taken
  /// for a line's end, or for what separates the enriched part.
  mutating func append(unquoted bytes: UnsafeRawBufferPointer) {
    append(atMost: bytes.count) { memory in
      for (at, byte) in bytes.enumerated() {
        memory[at] = byte < 0x20 || byte == 0x7f ? UInt8(ascii: " ") : byte
      }
      return bytes.count
    }
  }

  @inline(__always)
  private static func digit(_ value: UInt64, letters: UInt8) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value)
    return value < 10 ? UInt8(ascii: "0") &+ value : letters &+ value &- 10
  }

  @inline(__always)
  private static func reverse(_ memory: UnsafeMutablePointer<UInt8>, _ count: Int) {
    var low = 0
    var high = count &- 1
    while low < high {
      swap(&memory[low], &memory[high])
      low &+= 1
      high &-= 1
    }
  }
}

extension UnsafeRawBufferPointer {
  /// audit_string_contains_control: a quote, a space, or anything that is not printable ASCII.
  var needsHex: Bool {
    var unfit: UInt64 = 0
    var at = 0
    if count >= 8 {
      while at &+ 8 < count {
        unfit |= Self.unfitBytes(of: loadUnaligned(fromByteOffset: at, as: UInt64.self))
        at &+= 8
      }
      unfit |= Self.unfitBytes(of: loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
      return unfit != 0
    }
    var word: UInt64 = 0x6161_6161_6161_6161
    while at < count {
      word = word << 8 | UInt64(self[at])
      at &+= 1
    }
    return Self.unfitBytes(of: word) != 0
  }

  /// Of eight bytes: a bit is set if one of them is below 0x21, above 0x7e, or a quote. There may be more bits than such
  /// bytes, once there is one.
  @inline(__always)
  private static func unfitBytes(of word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
    return ((word &- ones &* 0x21) | (word &+ ones) | (quotes &- ones) | word) & (ones &* 0x80)
  }

  /// The bytes before the first NUL.
  var untilNUL: UnsafeRawBufferPointer {
    guard let start = baseAddress else { return self }
    return UnsafeRawBufferPointer(start: start, count: strnlen(start, count))
  }
}
