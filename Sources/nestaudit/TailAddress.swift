import Glibc

/// The address in a SOCKADDR record's `saddr`, which is the hexadecimal image of a `sockaddr`, as
/// people write it; an unknown family stays as it is.
func socketAddress(_ saddr: String) -> String {
  let digits = Array(saddr.utf8)
  var bytes: [UInt8] = []
  for index in stride(from: 0, to: digits.count - 1, by: 2) {
    guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
    else { return saddr }
    bytes.append(byte)
  }
  guard bytes.count >= 2 else { return saddr }
  let family = Int32(bytes[0]) | Int32(bytes[1]) << 8
  switch family {
  case AF_INET where bytes.count >= 8:
    return "\(text(family, bytes[4..<8])):\(port(bytes))"
  case AF_INET6 where bytes.count >= 24:
    return "[\(text(family, bytes[8..<24]))]:\(port(bytes))"
  case AF_UNIX where bytes.count > 2:
    // An abstract address begins with a zero byte and is written with @.
    let isAbstract = bytes[2] == 0
    let name = bytes.dropFirst(isAbstract ? 3 : 2).prefix { $0 != 0 }
    return "unix:" + (isAbstract ? "@" : "") + String(decoding: name, as: UTF8.self)
  case AF_UNIX: return "unix:"
  case AF_NETLINK where bytes.count >= 8:
    let pid = bytes[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return "netlink:\(pid)"
  case AF_UNSPEC: return "unspec"
  default: return saddr
  }
}

private func port(_ bytes: [UInt8]) -> Int { Int(bytes[2]) << 8 | Int(bytes[3]) }

private func text(_ family: Int32, _ address: ArraySlice<UInt8>) -> String {
  var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  let isWritten = Array(address).withUnsafeBytes {
    inet_ntop(family, $0.baseAddress, &buffer, socklen_t(buffer.count)) != nil
  }
  guard isWritten else { return "?" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
