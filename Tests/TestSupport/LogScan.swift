public import Foundation

/// What is in a log and its rotated predecessors, read at a gulp: a million lines are no trouble.
public struct LogScan {
  /// Lines by their type.
  public private(set) var types: [String: Int] = [:]
  /// `a3` of every SYSCALL whose fourth argument is a time, as the workload's part `pace` gives it to each open.
  public private(set) var times: [UInt64] = []
  /// Serial numbers that do not follow the one before, each with the one before.
  public private(set) var jumps: [(before: UInt64, serial: UInt64)] = []
  /// The serial number of the last line.
  public private(set) var lastSerial: UInt64 = 0
  /// Lines that are none: cut off, or two in one.
  public private(set) var torn: [String] = []
  /// Files.
  public private(set) var files = 0
  /// Lines that say of lost events.
  public private(set) var losses: [String] = []

  /// Reads a log and those that were rotated away, oldest first.
  public init(_ log: URL) throws {
    var rotated: [URL] = []
    while case let next = URL(filePath: "\(log.path).\(rotated.count + 1)"),
      FileManager.default.fileExists(atPath: next.path)
    {
      rotated.append(next)
    }
    for file in rotated.reversed() + [log] {
      files += 1
      try Data(contentsOf: file, options: .alwaysMapped).withUnsafeBytes { bytes in
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          read(UnsafeRawBufferPointer(rebasing: rest[..<end]))
          rest = rest[(end + 1)...]
        }
        if !rest.isEmpty { torn.append(text(UnsafeRawBufferPointer(rebasing: rest))) }
      }
    }
  }

  private mutating func read(_ line: UnsafeRawBufferPointer) {
    guard line.starts(with: "type=".utf8), let stamp = find(" msg=audit(", in: line),
      let colon = line[stamp...].firstIndex(of: UInt8(ascii: ":")),
      let serial = number(line, from: colon + 1, radix: 10),
      // Of two in one, the first has no stamp or the second has one too.
      !line[5..<(stamp - 11)].contains(UInt8(ascii: "=")),
      find(" msg=audit(", in: UnsafeRawBufferPointer(rebasing: line[stamp...])) == nil
    else {
      torn.append(text(line))
      return
    }
    let type = String(decoding: line[5..<(stamp - 11)], as: UTF8.self)
    types[type, default: 0] += 1
    if serial != lastSerial, serial != lastSerial + 1 { jumps.append((lastSerial, serial)) }
    lastSerial = serial
    if type == "SYSCALL", let at = find(" a3=", in: line),
      let time = number(line, from: at, radix: 16), time > 1 << 60
    {
      times.append(time)
    }
    if find("op=lost", in: line) != nil { losses.append(text(line)) }
  }

  private func text(_ line: UnsafeRawBufferPointer) -> String {
    String(decoding: line.prefix(400), as: UTF8.self)
  }

  /// Where what follows a text begins.
  private func find(_ text: StaticString, in line: UnsafeRawBufferPointer) -> Int? {
    let (length, start) = (text.utf8CodeUnitCount, line.baseAddress!)
    var at = 0
    while at + length <= line.count,
      let found = memchr(start + at, Int32(text.utf8Start[0]), line.count - at - length + 1)
    {
      if memcmp(found, text.utf8Start, length) == 0 {
        return UnsafeRawPointer(found) - start + length
      }
      at = UnsafeRawPointer(found) - start + 1
    }
    return nil
  }

  private func number(_ line: UnsafeRawBufferPointer, from start: Int, radix: UInt64) -> UInt64? {
    var value: UInt64?
    for byte in line[start...] {
      let digit: UInt64
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte) - 48
      case UInt8(ascii: "a")...UInt8(ascii: "f") where radix == 16: digit = UInt64(byte) - 87
      default: return value
      }
      value = (value ?? 0) &* radix &+ digit
    }
    return value
  }
}
