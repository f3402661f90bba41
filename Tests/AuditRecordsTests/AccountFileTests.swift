import Testing

@testable import AuditRecords

/// passwd and group files, also those that somebody has made to trouble us.
struct AccountFileTests {
  private func users(_ text: String) -> [String] {
    shown(AccountFile.users(Array(text.utf8)))
  }

  private func groups(_ text: String) -> [String] {
    shown(AccountFile.groups(Array(text.utf8)))
  }

  private func shown(_ accounts: [AccountFile.Account]) -> [String] {
    accounts.map { "\(String(decoding: $0.name, as: UTF8.self))=\($0.id)" }
  }

  /// What a log has for an id.
  private func name(_ id: UInt32, in passwd: String) -> String {
    let table = IDTable(passwd: Array(passwd.utf8))
    defer { table.free() }
    return written { $0.append(nameOf: id, in: table) }
  }

  @Test func accountsAreReadInTheirOrder() {
    #expect(
      users("root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/:/bin/false\n") == ["root=0", "web=33"])
    #expect(groups("root:x:0:\nadm:x:4:alice,bob\nlast:x:5\n") == ["root=0", "adm=4", "last=5"])
  }

  @Test(arguments: [
    "", "\n", ":", "::::", "web", "web:x", "web:x:33", "web:x:33:", "web:x::33:", "web:x:a:33:",
    "web:x:-1:33:", "web:x:33:b:", "web:x:4294967296:33:", "web:x: 33:33:", "#web:x:33:33:",
    "+web:x:33:33:", "-web:x:33:33:", ":x:33:33:", "we\0b:x:33:33:", "web:x:33 :33:",
    "web:x:99999999999999999999999999999999:33:",
  ])
  func whatIsNoAccountIsPassedOver(line: String) {
    #expect(users("\(line)\nafter:x:7:7::/:\n") == ["after=7"])
  }

  @Test func aLastLineThatMayHaveBeenCutDoesNotCount() {
    #expect(users("web:x:33:33::/:\ndata:x:10") == ["web=33"])
    #expect(groups("web:x:33:\nadm:x:1") == ["web=33"])
  }

  @Test func ofTwoNamesForAnIDTheFirstCounts() {
    #expect(name(7, in: "b:x:7:7:::\na:x:7:7:::\nc:x:6:6:::\n") == "\"b\"")
  }

  @Test func everyIDIsFoundAmongMany() {
    let passwd = (1...500).reversed().map { "user\($0):x:\($0 * 3):1::/:\n" }.joined()
    let table = IDTable(passwd: Array(passwd.utf8))
    defer { table.free() }
    #expect(table.count == 500)
    for number in UInt32(1)...500 {
      #expect(written { $0.append(nameOf: number * 3, in: table) } == "\"user\(number)\"")
      #expect(
        written { $0.append(nameOf: number * 3 + 1, in: table) } == "\"unknown(\(number * 3 + 1))\""
      )
    }
  }

  @Test func someIDsHaveTheirNameFromNoFile() {
    let passwd = "toor:x:0:0::/:\nnone:x:4294967295:1::/:\nlow:x:4294967294:1::/:\n"
    #expect(name(0, in: passwd) == "\"root\"")
    #expect(name(.max, in: passwd) == "\"unset\"")
    #expect(name(.max - 1, in: passwd) == "\"low\"")
    #expect(name(.max - 1, in: "") == "\"unknown(-2)\"")
    #expect(name(1000, in: passwd) == "\"unknown(1000)\"")
  }

  @Test(arguments: [
    ("a b", "612062"), ("a\"b", "612262"), ("\u{1d}UID=", "1D5549443D"),
    ("a\u{1b}[2J", "611B5B324A"),
    ("\u{e9}", "C3A9"), ("a\u{7f}", "617F"), ("a{}'\\", "\"a{}'\\\""),
  ])
  func whatIsNotPlainIsHexadecimal(user: String, shown: String) {
    #expect(name(5, in: "\(user):x:5:5::/:\n") == shown)
  }

  @Test func aLongNameIsCut() {
    let long = String(repeating: "n", count: 100_000)
    #expect(name(5, in: "\(long):x:5:5::/:\n") == "\"\(String(repeating: "n", count: 63))\"")
  }

  @Test func endlessLinesAndBytesByChanceAreNoTrouble() {
    #expect(users(String(repeating: "x", count: 1 << 20)).isEmpty)
    #expect(users(String(repeating: ":", count: 1 << 20) + "\n").isEmpty)
    #expect(users(String(repeating: "\n", count: 1 << 20)).isEmpty)
    var state: UInt64 = 42
    for _ in 0..<200 {
      let bytes = (0..<2000).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let choice = UInt8(truncatingIfNeeded: state >> 33)
        return choice < 160 ? Array("1:0a\n".utf8)[Int(choice % 5)] : choice
      }
      let tables = [IDTable(passwd: bytes), IDTable(group: bytes)]
      for table in tables {
        _ = written { $0.append(nameOf: 1, in: table) }
        table.free()
      }
    }
  }
}
