import CNestaudit
import Testing

@testable import AuditRecords

/// The records that need no rule, as the kernel writes them.
struct OwnRecordTests {
  private static let view = NamespaceView(
    pidns: 9, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 1000)],
    gidMap: [event_id_extent(first: 0, lower: 200_000, count: 1000)])

  /// A task of which a record tells these numbers, or this text.
  private func event(
    _ type: special_type, _ numbers: [UInt64] = [], text: String? = nil, tty: String = "",
    name: String = "prog"
  ) -> EventBytes {
    var event = EventBytes { event in
      event.header.type = UInt16(EVENT_OWN.rawValue)
      event.auid = 1000
      event.ses = 4
      event.uid = 100_005
      event.gid = 200_006
      event.setName(name)
      withUnsafeMutableBytes(of: &event.tty) { $0.copyBytes(from: tty.utf8) }
    }
    event.add(SECTION_EXE, "/bin/prog")
    event.add(pids: [
      event_pids(ns: 1, tgid: 42, tid: 42, ppid: 7), event_pids(ns: 9, tgid: 3, tid: 3, ppid: 1),
    ])
    let data = numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    event.add(SECTION_SPECIAL, index: Int(type.rawValue), text.map { Array($0.utf8) } ?? data)
    let size = UInt32(event.bytes.count)
    withUnsafeBytes(of: size) { event.bytes.replaceSubrange(4..<8, with: $0) }
    return event
  }

  /// Its lines in the log of a daemon.
  private func lines(
    _ event: EventBytes, view: NamespaceView = .host, chain: String? = nil,
    names: IDNames? = nil, excluding excluded: RecordTypes = .none
  ) throws -> [String] {
    var renderer = EventRenderer()
    var text = TextBuffer()
    try event.bytes.withUnsafeBytes { bytes in
      renderer.render(
        try #require(OwnEvent(bytes)), seconds: 1_700_000_000, milliseconds: 7,
        enriched: names != nil)
      var chain = Array((chain ?? "").utf8)
      try chain.withUnsafeMutableBytes { chain in
        let chain = chain.isEmpty ? nil : UnsafeRawBufferPointer(chain)
        func assemble(_ names: UnsafePointer<IDNames>?) {
          renderer.assemble(
            view: view, serial: 5, key: nil, chain: chain, names: names, excluding: excluded,
            into: &text)
        }
        if var names { assemble(&names) } else { assemble(nil) }
      }
    }
    return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static let seccomp: [UInt64] = [
    31, 0xc000_003e, 110, 0, 0x7f03_fc0b_97e5, 1, 0x8000_0000,
  ]

  @Test func aDeath() throws {
    #expect(
      try lines(event(SPECIAL_ABEND, [11])) == [
        "type=ANOM_ABEND msg=audit(1700000000.007:5): auid=1000 uid=100005 gid=200006 ses=4 pid=42 "
          + "comm=\"prog\" exe=\"/bin/prog\" sig=11 res=1"
      ])
    #expect(
      try lines(event(SPECIAL_ABEND, [6], name: "two words"))[0].hasSuffix(
        " comm=74776F20776F726473 exe=\"/bin/prog\" sig=6 res=1"))
  }

  @Test func whatSeccompDid() throws {
    #expect(
      try lines(event(SPECIAL_SECCOMP, Self.seccomp)) == [
        "type=SECCOMP msg=audit(1700000000.007:5): auid=1000 uid=100005 gid=200006 ses=4 pid=42 "
          + "comm=\"prog\" exe=\"/bin/prog\" sig=31 arch=c000003e syscall=110 compat=0 "
          + "ip=0x7f03fc0b97e5 code=0x80000000"
      ])
    #expect(
      try lines(event(SPECIAL_SECCOMP, [0, 0x4000_0003, .max, 1, 0x8048_000, 1, 0]))[0].hasSuffix(
        " sig=0 arch=40000003 syscall=-1 compat=1 ip=0x8048000 code=0x0"))
    // What is not known is not there.
    #expect(
      try lines(event(SPECIAL_SECCOMP, [31, 0xc000_003e, 110, 0, 1, 0, 0]))[0].hasSuffix(
        " syscall=110 compat=0 ip=0x1"))
  }

  @Test(
    arguments: [
      ([1, 0, 0, 0, 0, 0], "resp=1"),
      ([2, 1, 0, 9, 9, 9], "resp=2 fan_type=0 fan_info=0 subj_trust=2 obj_trust=2"),
      ([33, 1, 1, 0x2af, 1, 0], "resp=33 fan_type=1 fan_info=2AF subj_trust=1 obj_trust=0"),
      (
        [2, 1, 1, 0xffff_ffff, 0, 7], "resp=2 fan_type=1 fan_info=FFFFFFFF subj_trust=0 obj_trust=7"
      ),
    ] as [([UInt64], String)])
  func anAnswer(numbers: [UInt64], text: String) throws {
    #expect(
      try lines(event(SPECIAL_FANOTIFY, numbers)) == [
        "type=FANOTIFY msg=audit(1700000000.007:5): \(text)"
      ])
  }

  @Test func aProgram() throws {
    for (operation, text) in [(PROGRAM_LOAD, "LOAD"), (PROGRAM_UNLOAD, "UNLOAD")] {
      #expect(
        try lines(event(SPECIAL_BPF, [737, UInt64(operation.rawValue)])) == [
          "type=BPF msg=audit(1700000000.007:5): prog-id=737 op=\(text)"
        ])
    }
  }

  @Test func aLogin() throws {
    #expect(
      try lines(event(SPECIAL_LOGIN, [1234, 77, 1, UInt64(UInt32.max), UInt64(UInt32.max)]))
        == [
          "type=LOGIN msg=audit(1700000000.007:5): pid=42 uid=100005 old-auid=4294967295 auid=1234 "
            + "tty=(none) old-ses=4294967295 ses=77 res=1"
        ])
    #expect(
      try lines(event(SPECIAL_LOGIN, [0, UInt64(UInt32.max), 0, 1000, 4], tty: "pts1"))[0]
        .hasSuffix(" old-auid=1000 auid=0 tty=pts1 old-ses=4 ses=4294967295 res=0"))
  }

  @Test(arguments: [
    ("lo: entered promiscuous mode", "dev=lo prom=256 old_prom=0"),
    ("lo: left promiscuous mode", "dev=lo prom=0 old_prom=256"),
    ("virtio_net virtio1 eth0: entered promiscuous mode", "dev=eth0 prom=256 old_prom=0"),
    ("veth0 (unregistering): left promiscuous mode", "dev=veth0 prom=0 old_prom=256"),
    ("device br0.5 entered promiscuous mode", "dev=br0.5 prom=256 old_prom=0"),
    ("a\"b: left promiscuous mode", "dev=612262 prom=0 old_prom=256"),
  ])
  func aPromiscuousInterface(message: String, told: String) throws {
    #expect(
      try lines(event(SPECIAL_PROMISCUOUS, text: message)) == [
        "type=ANOM_PROMISCUOUS msg=audit(1700000000.007:5): \(told) auid=1000 uid=100005 "
          + "gid=200006 ses=4"
      ])
  }

  @Test(arguments: ["", " ", "promiscuous mode", " promiscuous mode", ": entered promiscuous mode"])
  func aMessageOfAnotherKindIsNoDanger(message: String) throws {
    let line = try lines(event(SPECIAL_PROMISCUOUS, text: message))[0]
    #expect(line.contains(": dev= prom="), "\(line)")
  }

  @Test func numbersAreThoseOfTheView() throws {
    #expect(
      try lines(event(SPECIAL_ABEND, [11]), view: Self.view)[0].contains(
        ": auid=65534 uid=5 gid=6 ses=4 pid=3 comm="))
    #expect(
      try lines(
        event(SPECIAL_LOGIN, [100_007, 77, 1, UInt64(UInt32.max), 4]), view: Self.view)[0]
        .contains(": pid=3 uid=5 old-auid=4294967295 auid=7 tty="))
  }

  @Test func aContainersIsNamedFirst() throws {
    let lines = try lines(event(SPECIAL_ABEND, [11]), chain: "4,^2")
    #expect(lines[0] == "type=CONTAINER_ID msg=audit(1700000000.007:5): record=1 contid=4,^2")
    #expect(lines[1].hasPrefix("type=ANOM_ABEND ") && lines.count == 2)
  }

  @Test func itsNamesStandBehindIt() throws {
    let names = IDNames(
      users: IDTable(passwd: Array("alice:x:1000:50:::\n".utf8)),
      groups: IDTable(group: Array("staff:x:200006:\n".utf8)))
    func enrichment(_ event: EventBytes) throws -> Substring? {
      try lines(event, names: names)[0].split(separator: "\u{1d}").last
    }
    let who = "AUID=\"alice\" UID=\"unknown(100005)\" GID=\"staff\""
    #expect(
      try enrichment(event(SPECIAL_SECCOMP, Self.seccomp)).map(String.init)
        == who + " ARCH=x86_64 SYSCALL=getppid")
    #expect(try enrichment(event(SPECIAL_ABEND, [11])).map(String.init) == who)
    #expect(
      try enrichment(event(SPECIAL_PROMISCUOUS, text: "lo: left promiscuous mode")).map(String.init)
        == who)
    #expect(
      try enrichment(event(SPECIAL_LOGIN, [1000, 7, 1, UInt64(UInt32.max), 4])).map(String.init)
        == "UID=\"unknown(100005)\" OLD-AUID=\"unset\" AUID=\"alice\"")
  }

  @Test func theySurviveWithoutTheirSyscall() throws {
    var renderer = EventRenderer()
    var table = ProcessTable()
    for bytes in [event(SPECIAL_LOGIN, [5, 6, 1, 0, 0]), event(SPECIAL_PROMISCUOUS, text: "x")] {
      bytes.bytes.withUnsafeBytes { table.append(OwnEvent($0)!) }
    }
    let write = EventBytes { $0.syscall = 1 }
    let process = EventBytes { $0.setName("x") }
    func types(_ excluded: RecordTypes) -> [String] {
      written { text in
        renderer.assemble(
          view: .host, serial: 5, key: nil, chain: nil, excluding: excluded, into: &text)
      }.split(separator: "\n").map { String($0.dropFirst(5).prefix { $0 != " " }) }
    }
    write.bytes.withUnsafeBytes { write in
      process.bytes.withUnsafeBytes { process in
        renderer.plan(SyscallEvent(write)!, loaderName: nil)
        renderer.render(
          SyscallEvent(write)!, process: ProcessEvent(process)!,
          argv: UnsafeRawBufferPointer(start: nil, count: 0), targets: .none,
          owns: table.owns(42), seconds: 1, milliseconds: 0)
        #expect(types(.none) == ["LOGIN", "ANOM_PROMISCUOUS", "SYSCALL", "PROCTITLE"])
        #expect(types(.ofSyscalls) == ["LOGIN", "ANOM_PROMISCUOUS"])
        var login = RecordTypes()
        login.insert(.login)
        #expect(types(login) == ["ANOM_PROMISCUOUS", "SYSCALL", "PROCTITLE"])
        #expect(renderer.recordCount(excluding: login.union(.ofSyscalls)) == 1)
      }
    }
    table.clearOwns(42)
    #expect(table.owns(42).isEmpty)
  }

  @Test func everyTypeHasAPlaceOfItsOwn() {
    for type in RecordType.all {
      var types = RecordTypes()
      types.insert(type)
      #expect(RecordType.all.filter { types.contains($0) } == [type])
    }
  }

  @Test func whatIsNotWholeIsRefused() {
    let whole = event(SPECIAL_SECCOMP, Self.seccomp).bytes
    for length in 0..<whole.count {
      whole[..<length].withUnsafeBytes { #expect(OwnEvent($0) == nil) }
    }
    for short in [
      event(SPECIAL_SECCOMP, Array(Self.seccomp.dropLast())), event(SPECIAL_BPF, [1]),
      event(SPECIAL_FANOTIFY, [1, 1, 1, 1, 1]),
    ] {
      short.bytes.withUnsafeBytes { #expect(OwnEvent($0) == nil) }
    }
    event(SPECIAL_MMAP, [1, 2]).bytes.withUnsafeBytes { #expect(OwnEvent($0) == nil) }
  }
}
