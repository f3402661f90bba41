import CAuparse
import Glibc
import Testing

@testable import AuditRecords

/// SADDR= is what auditd's own library makes of saddr=.
struct SocketAddressTests {
  private func text(_ address: [UInt8]) -> [UInt8] {
    var text = TextBuffer()
    address.withUnsafeBytes { SocketAddress($0).append(to: &text) }
    return Array(text.bytes)
  }

  /// By libauparse, as auditd calls it.
  private func expected(_ address: [UInt8]) -> [UInt8]? {
    var hex = TextBuffer()
    address.withUnsafeBytes { hex.append(hexBytes: $0) }
    let record =
      "type=SOCKADDR msg=audit(1.000:1): saddr=\(String(decoding: hex.bytes, as: UTF8.self))\n"
    guard let state = auparse_init(AUSOURCE_BUFFER, record) else { return nil }
    defer { auparse_destroy(state) }
    auparse_set_escape_mode(state, AUPARSE_ESC_RAW)
    guard auparse_first_record(state) > 0, auparse_find_field(state, "saddr") != nil,
      let value = auparse_interpret_field(state)
    else { return nil }
    return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }

  private func expectSame(_ address: [UInt8], _ location: SourceLocation = #_sourceLocation) {
    #expect(
      String(decoding: text(address), as: UTF8.self)
        == expected(address).map { String(decoding: $0, as: UTF8.self) }, "\(address)",
      sourceLocation: location)
  }

  @Test(arguments: [
    "020000507F0000010000000000000000", "0200005000000000", "0200FFFFFFFFFFFF0000000000000000",
    "0A000050000000000000000000000000000000000000000100000000",
    "0A0000500000000020010DB80000000000000000000000010000000000",
    "0A000050000000000000000000000000000000FFFF7F00000100000000",
    "0A00005000000000FE80000000000000000000000000000100000000",
    "0A0000500000000020010DB800000000000000000000000105000000", "0A000050",
    "01002F746D702F736F636B6574", "01002F746D702F736F636B6574006A756E6B", "0100", "010061",
    "01000061627374726163740062", "010000", "0100006162", "01002F206120627D20633D64",
    "01002FC3A9FF", "100000000700000000000000", "10000000FFFFFFFF01000000", "1000000007",
    "110003000100000000000000", "0000", "00", "01", "02", "FFFF", "2600616C67", "2700", "2D00",
    "1B00",
    "1C00", "25000000", "040000010000000200000000000000000000",
    "0800000001000200030000000000000000000000", "08000000FFFF0200030000000000000000000000",
    "0900313233343536373839303132333435363738", "09003132330000000000000000000000",
    "03004142434445464700000000000000", "03004142430045464700000000000000",
  ])
  func theAddressIsInTheLibrarysWords(hex: String) {
    var rest = Substring(hex)
    var address: [UInt8] = []
    while !rest.isEmpty {
      address.append(UInt8(rest.prefix(2), radix: 16)!)
      rest = rest.dropFirst(2)
    }
    expectSame(address)
  }

  @Test func everyFamilyIsCalledAsTheLibraryCallsIt() {
    for family in UInt8(0)...60 {
      // AX.25 reads what a short address does not have.
      expectSame([family, 0] + Array(repeating: 0x41, count: 30))
    }
  }

  @Test func aPathIsCutWhereTheLibraryCutsIt() {
    expectSame([1, 0] + Array(repeating: UInt8(ascii: "p"), count: 120))
    expectSame([1, 0, 0] + Array(repeating: UInt8(ascii: "p"), count: 120))
  }

  @Test func noPathEndsTheLine() {
    #expect(
      String(decoding: text([1, 0] + Array("/\n\u{1d}\u{7f}type=".utf8)), as: UTF8.self)
        == "{ saddr_fam=local path=/\\012\\035\\177type= }")
  }

  @Test func anInterfaceIsANumber() {
    let address =
      [10, 0, 0, 80, 0, 0, 0, 0, 0xfe, 0x80] + Array(repeating: 0, count: 13) + [1, 1, 0, 0, 0]
    #expect(
      String(decoding: text(address.map { UInt8($0) }), as: UTF8.self)
        == "{ saddr_fam=inet6 laddr=fe80::1%1 lport=80 }")
  }
}
