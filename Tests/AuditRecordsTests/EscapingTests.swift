import CNestaudit
import Testing

@testable import AuditRecords

/// What comes from a task can never end a line, a field or a quote.
struct EscapingTests {
  @Test(arguments: [
    ("plain", "\"plain\""), ("a b", "612062"), ("say\"hi", "736179226869"), ("", "\"\""),
    ("line\nbreak", "6C696E650A627265616B"), ("tab\t", "74616209"), ("del\u{7f}", "64656C7F"),
    ("é", "C3A9"), ("(null)", "\"(null)\""), ("~!#", "\"~!#\""),
  ])
  func untrustedTextIsQuotedOrHexadecimal(text: String, expected: String) {
    let bytes = Array(text.utf8)
    #expect(written { text in bytes.withUnsafeBytes { text.append(untrusted: $0) } } == expected)
  }

  @Test func noByteGetsThroughThatCouldBreakALine() {
    for byte in UInt8.min...UInt8.max {
      let text = written { text in [byte].withUnsafeBytes { text.append(untrusted: $0) } }
      let quoted = text.hasPrefix("\"")
      #expect(quoted == (byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"")))
      #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
    }
  }

  /// Bytes are looked at several at a time.
  @Test func noPlaceIsOverlooked() {
    for length in 1...40 {
      for place in 0..<length {
        for byte: UInt8 in [0, 0x1f, 0x20, UInt8(ascii: "\""), 0x7f, 0x80, 0xa2, 0xff] {
          var bytes = (0..<length).map { UInt8(0x23 + 37 * $0 % 0x5c) }
          let before = bytes.withUnsafeBytes(\.needsHex)
          #expect(!before)
          bytes[place] = byte
          let after = bytes.withUnsafeBytes(\.needsHex)
          #expect(after, "\(byte) at \(place) of \(length)")
        }
      }
    }
  }

  @Test func aKeyOfSeveralIsHexadecimal() throws {
    let event = EventBytes { $0.syscall = 39 }
    let process = EventBytes { $0.setName("x") }
    let record = try lines(event, of: process, key: "one\u{1}two")[0]
    #expect(record.hasSuffix(" key=6F6E650174776F"))
  }

  @Test func aHostileNameIsNoRecord() throws {
    let event = EventBytes { $0.syscall = 39 }
    var process = EventBytes { $0.setName("a\ntype=SYSCALL") }
    process.add(SECTION_EXE, "/tmp/x\" uid=0 key=\"y")
    let records = try lines(event, of: process)
    #expect(records.count == 2)
    #expect(records[0].contains(" comm=610A747970653D53595343414C4C "))
    #expect(records[0].contains(" exe=2F746D702F7822207569643D30206B65793D2279 "))
  }

  @Test(arguments: [
    ("ls\0-l\0", "6C73002D6C"), ("ls", "\"ls\""), ("\0\0", "\"(null)\""), ("", "\"(null)\""),
    ("x\u{1}", "\"x\""),
  ])
  func whatCannotBePrintedIsCutOffTheTitlesEnd(title: String, expected: String) throws {
    let event = EventBytes { $0.syscall = 39 }
    var process = EventBytes { $0.setName("x") }
    process.add(SECTION_PROCTITLE, title)
    #expect(try lines(event, of: process).last?.hasSuffix(": proctitle=\(expected)") == true)
  }

  @Test(arguments: [
    (UInt64(0), "0"), (10, "10"), (.max, "18446744073709551615"),
  ])
  func numbersAreDecimal(value: UInt64, expected: String) {
    #expect(written { $0.append(decimal: value) } == expected)
  }

  @Test func numbersOfEveryLength() {
    var power: UInt64 = 1
    for _ in 0..<64 {
      for value in [power - 1, power, power + 1] {
        #expect(written { $0.append(decimal: value) } == "\(value)")
        let hex = String(value, radix: 16)
        #expect(written { $0.append(hex: value) } == hex)
        #expect(written { $0.append(hex: value, letters: UInt8(ascii: "A")) } == hex.uppercased())
        let padded = String(repeating: "0", count: 16 - hex.count) + hex
        #expect(written { $0.append(hex: value, width: 16) } == padded)
      }
      power &*= 2
    }
    power = 1
    for _ in 0..<20 {
      for value in [power - 1, power, power + 1] {
        #expect(written { $0.append(decimal: value) } == "\(value)")
      }
      power &*= 10
    }
  }

  @Test func numbersOfOtherBases() {
    #expect(written { $0.append(signed: Int64.min) } == "-9223372036854775808")
    #expect(written { $0.append(hex: 0xdead_beef) } == "deadbeef")
    #expect(written { $0.append(hex: 8, width: 2) } == "08")
    #expect(written { $0.append(octal: 0o100644) } == "0100644")
    #expect(written { $0.append(octal: 0) } == "0")
  }
}
