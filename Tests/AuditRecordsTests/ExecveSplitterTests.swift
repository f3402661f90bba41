import Testing

@testable import AuditRecords

/// Where a long argument list is cut: kernel/auditsc.c, audit_log_execve_info.
struct ExecveSplitterTests {
  private func records(_ arguments: [[UInt8]], count: Int? = nil) -> [String] {
    let argv: [UInt8] = arguments.flatMap { $0 + [0] }
    var records: [String] = []
    argv.withUnsafeBytes { argv in
      var splitter = ExecveSplitter(argv: argv, count: count ?? arguments.count)
      var follows = true
      while follows {
        records.append(written { follows = splitter.append(to: &$0) })
      }
    }
    return records
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// The argument put together again from its pieces.
  private func joined(_ argument: Int, _ records: [String]) -> [UInt8] {
    var whole: [UInt8] = []
    for field in records.joined(separator: " ").split(separator: " ") {
      let pair = field.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, pair[0] == "a\(argument)" || pair[0].hasPrefix("a\(argument)[") else {
        continue
      }
      if pair[1].hasPrefix("\"") {
        whole += Array(pair[1].dropFirst().dropLast().utf8)
      } else {
        let digits = Array(pair[1].utf8)
        whole += stride(from: 0, to: digits.count, by: 2).map {
          UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)!
        }
      }
    }
    return whole
  }

  @Test func aShortListIsOneRecord() {
    #expect(
      records([bytes("ls"), bytes("-l"), bytes("a b"), []])
        == ["argc=4 a0=\"ls\" a1=\"-l\" a2=612062 a3=\"\""])
    #expect(records([]) == ["argc=0"])
  }

  @Test func manyArgumentsGoOnInTheNextRecord() {
    let arguments = (0..<2000).map { bytes("argument-\($0)") }
    let records = records(arguments)
    #expect(records.count > 3)
    #expect(records[0].hasPrefix("argc=2000 a0=\"argument-0\" "))
    #expect(records.dropFirst().allSatisfy { $0.hasPrefix(" a") })
    #expect(records.allSatisfy { $0.utf8.count < 7600 })
    for number in [0, 500, 1999] { #expect(joined(number, records) == arguments[number]) }
  }

  @Test func aLongArgumentIsCutAndItsLengthTold() {
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 20000)
    let records = records([bytes("echo"), long, bytes("end")])
    #expect(records.count > 4)
    // What is longer than the window is hexadecimal, and so twice as long.
    #expect(records[0].contains(" a1_len=40000 a1[0]=7878"))
    #expect(records.joined().contains(" a1[1]="))
    #expect(joined(1, records) == long)
    #expect(joined(2, records) == bytes("end"))
  }

  @Test func theLengthIsToldOnceAlsoWhereARecordEndsJustBefore() {
    let first = [UInt8](repeating: UInt8(ascii: "x"), count: 7400)
    let long = [UInt8](repeating: UInt8(ascii: "y"), count: 20000)
    let records = records([first, long])
    #expect(records[0].hasPrefix("argc=2 a0=\"xxx"))
    #expect(records[1].hasPrefix(" a1_len=40000 a1[0]=7979"))
    #expect(joined(1, records) == long)
  }

  @Test func whatNeedsHexadecimalIsCutBetweenBytes() {
    let long = (0..<9000).map { UInt8(truncatingIfNeeded: $0 % 255 + 1) }
    let records = records([long])
    #expect(joined(0, records) == long)
    for record in records {
      for field in record.split(separator: " ") where field.contains("]=") {
        #expect(field.split(separator: "=")[1].utf8.count % 2 == 0)
      }
    }
  }

  @Test(arguments: [131_070, 131_071]) func anArgumentOfTheGreatestLengthIsWhole(length: Int) {
    // MAX_ARG_STRLEN, with its NUL.
    let long = (0..<length).map { UInt8(truncatingIfNeeded: $0 % 255 + 1) }
    for list in [[long], [bytes("true"), long, bytes("end")]] {
      let records = records(list)
      #expect(joined(list.count / 2, records) == long)
      #expect(records.allSatisfy { $0.utf8.count < 7700 })
      #expect(records.joined().contains("_len=\(2 * length) "))
    }
  }

  @Test func fewerBytesThanArgumentsPromisedEndTheList() {
    // Of an argv that was lost in part: argc is what the kernel said, the rest is empty.
    #expect(records([bytes("a")], count: 3) == ["argc=3 a0=\"a\" a1=\"\" a2=\"\""])
  }
}
