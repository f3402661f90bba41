import CNestaudit
import Testing

@testable import AuditRecords

/// What programs have written, as the kernel writes it.
struct UserRecordTests {
  private static let view = NamespaceView(
    pidns: 9, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 1000)],
    gidMap: [event_id_extent(first: 0, lower: 200_000, count: 1000)])

  /// A message of a task.
  /// - Parameter privileged: in which of its PID namespaces' user namespaces it is.
  private func event(
    _ type: UInt32, _ text: [UInt8], privileged: UInt64 = 1, label: String? = nil
  ) -> EventBytes {
    var event = EventBytes { event in
      event.header.type = UInt16(EVENT_USER.rawValue)
      event.auid = 1000
      event.ses = 4
      event.uid = 100_005
      event.euid = 0
      event.gid = 200_006
      event.setName("prog")
    }
    event.add(SECTION_EXE, "/bin/prog")
    event.add(pids: [
      event_pids(ns: 1, tgid: 42, tid: 43, ppid: 7), event_pids(ns: 9, tgid: 3, tid: 4, ppid: 1),
    ])
    if let label { event.add(SECTION_LABEL, label) }
    let message = event_message(privileged: privileged, type: type, pad: 0)
    event.add(SECTION_MESSAGE, withUnsafeBytes(of: message) { Array($0) })
    let size = Int(EVENT_PATH_MAX)
    for (part, start) in stride(from: 0, to: text.count, by: size).enumerated() {
      event.add(
        SECTION_MESSAGE_TEXT, index: part, Array(text[start..<min(start + size, text.count)]))
    }
    event.setSize()
    return event
  }

  private func event(_ type: UInt32, _ text: String, label: String? = nil) -> EventBytes {
    event(type, Array(text.utf8), label: label)
  }

  /// Its lines in the log of a daemon, as bytes.
  private func log(
    _ event: EventBytes, view: NamespaceView = .host, chain: String? = nil, names: IDNames? = nil
  ) throws -> [UInt8] {
    var renderer = EventRenderer()
    var text = TextBuffer()
    try event.bytes.withUnsafeBytes { bytes in
      renderer.render(
        try #require(UserEvent(bytes)), seconds: 1_700_000_000, milliseconds: 7,
        enriched: names != nil)
      var chain = Array((chain ?? "").utf8)
      chain.withUnsafeMutableBytes { chain in
        let chain = chain.isEmpty ? nil : UnsafeRawBufferPointer(chain)
        func assemble(_ names: UnsafePointer<IDNames>?) {
          renderer.assemble(
            view: view, serial: 5, key: nil, chain: chain, names: names, into: &text)
        }
        if var names { assemble(&names) } else { assemble(nil) }
      }
    }
    return Array(text.bytes)
  }

  private func line(_ event: EventBytes, view: NamespaceView = .host) throws -> String {
    String(decoding: try log(event, view: view), as: UTF8.self)
  }

  private static let start =
    " msg=audit(1700000000.007:5): pid=42 uid=100005 auid=1000 ses=4"

  @Test func aMessage() throws {
    #expect(
      try line(event(1005, "hello")) == "type=USER\(Self.start) msg='hello'\n")
    #expect(
      try line(event(1112, "op=login id=0 res=success", label: "unconfined"))
        == "type=USER_LOGIN\(Self.start) subj=unconfined msg='op=login id=0 res=success'\n")
    #expect(try line(event(2404, "")) == "type=CRYPTO_KEY_USER\(Self.start) msg=''\n")
    #expect(try line(event(1199, "x")) == "type=UNKNOWN[1199]\(Self.start) msg='x'\n")
  }

  @Test func itsTextEndsAtTheFirstNUL() throws {
    #expect(try line(event(1005, "a\0b")) == "type=USER\(Self.start) msg='a'\n")
    #expect(try line(event(1005, "\0b")) == "type=USER\(Self.start) msg=''\n")
    let long = [UInt8](repeating: 0x61, count: 4096) + [0x62, 0, 0x63]
    #expect(try line(event(1005, long)).hasSuffix("aab'\n"))
    let exact = [UInt8](repeating: 0x61, count: 4095) + [0, 0x63]
    #expect(try line(event(1005, exact)).hasSuffix("aaa'\n"))
  }

  @Test func itsTextIsBounded() throws {
    let long = [UInt8](repeating: 0x78, count: 12_288)
    let text = String(repeating: "x", count: 8560)
    #expect(try line(event(1005, long)) == "type=USER\(Self.start) msg='\(text)'\n")
  }

  @Test func noByteOfItEndsTheLine() throws {
    let text = Array("1\n2\r3\t4\u{1d}5\u{7f}6'7\"8\\".utf8) + [0xff, 0xc3, 0xa4]
    let expected =
      Array("type=USER\(Self.start) msg='1 2 3 4 5 6'7\"8\\".utf8) + [0xff, 0xc3, 0xa4]
      + Array("'\n".utf8)
    #expect(try log(event(1005, text)) == expected)
  }

  @Test func whatIsTypedIsQuotedOrHexadecimal() throws {
    #expect(try line(event(1124, "ls")) == "type=USER_TTY\(Self.start) data=\"ls\"\n")
    #expect(try line(event(1124, "ls -l")) == "type=USER_TTY\(Self.start) data=6C73202D6C\n")
    #expect(try line(event(1124, "a\0b")) == "type=USER_TTY\(Self.start) data=610062\n")
    #expect(try line(event(1124, "a\"")) == "type=USER_TTY\(Self.start) data=6122\n")
    let printable = String(repeating: "x", count: 8560)
    #expect(
      try line(event(1124, printable + "more"))
        == "type=USER_TTY\(Self.start) data=\"\(printable)\"\n")
    let spaces = String(repeating: "20", count: 4280)
    #expect(
      try line(event(1124, [UInt8](repeating: 0x20, count: 8560)))
        == "type=USER_TTY\(Self.start) data=\(spaces)\n")
  }

  @Test func numbersAreThoseOfTheView() throws {
    #expect(
      try line(event(1100, "x"), view: Self.view)
        == "type=USER_AUTH msg=audit(1700000000.007:5): pid=3 uid=5 auid=65534 ses=4 msg='x'\n")
  }

  @Test func aContainersIsNamedFirst() throws {
    #expect(
      String(decoding: try log(event(1005, "x"), chain: "4,^2"), as: UTF8.self)
        == "type=CONTAINER_ID msg=audit(1700000000.007:5): record=1 contid=4,^2\n"
        + "type=USER\(Self.start) msg='x'\n")
  }

  @Test func namesStandBehindIt() throws {
    let names = IDNames(
      users: IDTable(passwd: Array("alice:x:1000:50:::\n".utf8)), groups: IDTable(group: []))
    #expect(
      String(decoding: try log(event(1005, "u\u{1d}UID=\"root\""), names: names), as: UTF8.self)
        == "type=USER\(Self.start) msg='u UID=\"root\"'\u{1d}UID=\"unknown(100005)\" AUID=\"alice\"\n"
    )
    // The longest still has its names.
    let long = [UInt8](repeating: 0x78, count: 8560)
    #expect(
      String(decoding: try log(event(1005, long), names: names), as: UTF8.self)
        .hasSuffix("x'\u{1d}UID=\"unknown(100005)\" AUID=\"alice\"\n"))
  }

  @Test func whoMayIsToldForEachView() throws {
    for (privileged, hosts, inside) in [
      (0b00, false, false), (0b01, true, false), (0b10, false, true), (0b11, true, true),
      (0b100, false, false),
    ] as [(UInt64, Bool, Bool)] {
      event(1005, [0x78], privileged: privileged).bytes.withUnsafeBytes { bytes in
        #expect(UserEvent(bytes)?.isPrivileged(in: .host) == hosts)
        #expect(UserEvent(bytes)?.isPrivileged(in: Self.view) == inside)
        let other = NamespaceView(pidns: 10, uidMap: [], gidMap: [])
        #expect(UserEvent(bytes)?.isPrivileged(in: other) == false)
      }
    }
  }

  @Test func onlyOneTypeIsWrittenWhileTheAuditIsOff() {
    for type: UInt32 in [1005, 1106, 1107, 1108, 2100] {
      event(type, [0x78]).bytes.withUnsafeBytes { bytes in
        #expect(UserEvent(bytes)?.needsAuditOn == (type != 1107))
      }
    }
  }

  @Test func whatIsNotWholeIsRefused() {
    let whole = event(1005, Array("unpadded".utf8)).bytes
    for length in 0..<whole.count {
      let part = Array(whole[..<length])
      part.withUnsafeBytes { bytes in
        guard let event = UserEvent(bytes) else { return }
        var told = 0
        event.forEachPart { told += $0.count }
        #expect(told == 0, "\(length)")
      }
    }
    EventBytes { (event: inout event_process) in event.uid = 1 }.bytes.withUnsafeBytes {
      #expect(UserEvent($0) == nil)
    }
  }
}
