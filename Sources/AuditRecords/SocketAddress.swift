import Glibc

/// saddr= in words, as libauparse has it (auparse/interpret.c, print_sockaddr).
struct SocketAddress {
  private let bytes: UnsafeRawBufferPointer

  /// - Parameter bytes: of any length; what is not there is 0.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Appends `{ saddr_fam=inet laddr=127.0.0.1 lport=80 }`, or what is wrong with the address.
  func append(to text: inout TextBuffer) {
    let family = number(at: 0, UInt16.self)
    guard let name = Self.name(of: family) else {
      text.append("unknown-family(")
      text.append(decimal: UInt64(family))
      text.append(")")
      return
    }
    text.append("{ saddr_fam=")
    text.append(name)
    let isWhole =
      switch Int32(family) {
      case AF_UNIX: appendPath(to: &text)
      case AF_INET: appendInternet(to: &text)
      case AF_INET6: appendInternet6(to: &text)
      case AF_NETLINK: appendNetlink(to: &text)
      case AF_AX25: appendString(" call=", at: 2, 7, to: &text, isFixed: true)
      case AF_X25: appendString(" laddr=", at: 2, 15, to: &text, isFixed: false)
      case AF_ATMPVC: appendATM(to: &text)
      default: append(" (unsupported)", to: &text)
      }
    if isWhole { text.append(" }") }
  }

  private func append(_ words: StaticString, to text: inout TextBuffer) -> Bool {
    text.append(words)
    return true
  }

  /// A name in the abstract namespace has a NUL before it, which is left out.
  private func appendPath(to text: inout TextBuffer) -> Bool {
    guard bytes.count >= 4 else { return append(" sockaddr len too short", to: &text) }
    return appendString(" path=", at: bytes[2] == 0 ? 3 : 2, 108, to: &text, isFixed: false)
  }

  private func appendInternet(to text: inout TextBuffer) -> Bool {
    guard bytes.count >= MemoryLayout<sockaddr_in>.size else {
      return append(" sockaddr len too short", to: &text)
    }
    text.append(" laddr=")
    for at in 4..<8 {
      if at > 4 { text.append(UInt8(ascii: ".")) }
      text.append(decimal: UInt64(bytes[at]))
    }
    appendPort(to: &text)
    return true
  }

  private func appendInternet6(to text: inout TextBuffer) -> Bool {
    guard bytes.count >= MemoryLayout<sockaddr_in6>.size else {
      return append(" sockaddr6 len too short", to: &text)
    }
    text.append(" laddr=")
    text.append(atMost: Int(INET6_ADDRSTRLEN)) { memory in
      memory.withMemoryRebound(to: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { memory in
        inet_ntop(AF_INET6, bytes.baseAddress! + 8, memory, socklen_t(INET6_ADDRSTRLEN))
        return strlen(memory)
      }
    }
    // An interface by its number: its name is one of the caller's network namespace.
    let scope = number(at: 24, UInt32.self)
    if scope != 0 {
      text.append("%")
      text.append(decimal: UInt64(scope))
    }
    appendPort(to: &text)
    return true
  }

  private func appendPort(to text: inout TextBuffer) {
    text.append(" lport=")
    text.append(decimal: UInt64(number(at: 2, UInt16.self).byteSwapped))
  }

  private func appendNetlink(to text: inout TextBuffer) -> Bool {
    guard bytes.count >= 12 else { return append(" len too short", to: &text) }
    text.append(" nlnk-fam=")
    text.append(decimal: UInt64(number(at: 0, UInt16.self)))
    text.append(" nlnk-pid=")
    text.append(decimal: UInt64(number(at: 4, UInt32.self)))
    return true
  }

  private func appendATM(to text: inout TextBuffer) -> Bool {
    text.append(" int=")
    text.append(signed: Int64(Int16(bitPattern: number(at: 4, UInt16.self))))
    return true
  }

  /// The bytes up to a NUL, and what would end the line or move a terminal's cursor as libauparse shows it elsewhere,
  /// `\012`.
  /// - Parameter isFixed: a NUL ends everything.
  /// - Returns: whether something may follow.
  private func appendString(
    _ name: StaticString, at offset: Int, _ length: Int, to text: inout TextBuffer, isFixed: Bool
  ) -> Bool {
    text.append(name)
    for at in offset..<(offset + length) {
      let byte = at < bytes.count ? bytes[at] : 0
      if byte == 0 { return !isFixed }
      if byte >= 0x20, byte != 0x7f {
        text.append(byte)
      } else {
        text.append("\\")
        text.append(UInt8(ascii: "0") + (byte >> 6))
        text.append(UInt8(ascii: "0") + (byte >> 3 & 7))
        text.append(UInt8(ascii: "0") + (byte & 7))
      }
    }
    return true
  }

  /// In the machine's order.
  private func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Number {
    var value: Number = 0
    withUnsafeMutableBytes(of: &value) { value in
      for index in 0..<value.count where offset + index < bytes.count {
        value[index] = bytes[offset + index]
      }
    }
    return value
  }
}
