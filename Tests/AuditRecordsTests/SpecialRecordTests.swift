import CNestaudit
import Testing

@testable import AuditRecords

/// The records that a syscall has at most one of, and FD_PAIR, as the kernel writes them.
struct SpecialRecordTests {
  /// The second record of an event with a section.
  private func record(
    _ type: special_type, _ numbers: [Int64], view: NamespaceView = .host
  ) throws -> String {
    let data = numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    return try record(type, data: data, view: view)
  }

  private func record(
    _ type: special_type, data: [UInt8], view: NamespaceView = .host
  ) throws -> String {
    var event = EventBytes { $0.syscall = 39 }
    event.add(SECTION_SPECIAL, index: Int(type.rawValue), data)
    let records = try lines(event, of: process, view: view)
    try #require(records.count == 3, "SYSCALL, the record, PROCTITLE")
    return records[1].replacing(" msg=audit(1700000000.007:5)", with: "")
  }

  private var process: EventBytes {
    var process = EventBytes { $0.setName("x") }
    process.add(pids: [
      event_pids(ns: 1, tgid: 42, tid: 42, ppid: 7), event_pids(ns: 9, tgid: 3, tid: 3, ppid: 1),
    ])
    return process
  }

  @Test func aMappingHasDescriptorAndFlags() throws {
    #expect(try record(SPECIAL_MMAP, [3, 0x812]) == "type=MMAP: fd=3 flags=0x812")
    // What the caller gives is cut to the kernel's int.
    #expect(try record(SPECIAL_MMAP, [0xffff_ffff, 2]) == "type=MMAP: fd=-1 flags=0x2")
  }

  @Test func openat2IsOctal() throws {
    #expect(
      try record(SPECIAL_OPENAT2, [0o2_000_101, 0o640, 8])
        == "type=OPENAT2: oflag=02000101 mode=0640 resolve=0x8")
    #expect(
      try record(SPECIAL_OPENAT2, [0, 0, 0]) == "type=OPENAT2: oflag=00 mode=00 resolve=0x0")
    #expect(
      try record(SPECIAL_OPENAT2, [-1, 0, -1])
        == "type=OPENAT2: oflag=01777777777777777777777 mode=00 resolve=0xffffffffffffffff")
  }

  @Test func aSocketcallHasAsManyArgumentsAsTheCall() throws {
    #expect(try record(SPECIAL_SOCKETCALL, [5, 16]) == "type=SOCKETCALL: nargs=2 a0=5 a1=10")
    #expect(
      try record(SPECIAL_SOCKETCALL, [1, 2, 3, 4, 5, 0xffff_ffff])
        == "type=SOCKETCALL: nargs=6 a0=1 a1=2 a2=3 a3=4 a4=5 a5=ffffffff")
  }

  @Test func capabilitiesAreWholeSetsOrOneZero() throws {
    #expect(
      try record(SPECIAL_CAPSET, [0x21, 0x3ff_ffff_ffff, 1, 0])
        == "type=CAPSET: pid=42 cap_pi=0000000000000021 cap_pp=000003ffffffffff "
        + "cap_pe=0000000000000001 cap_pa=0")
  }

  @Test func thePidOfACapsetIsTheViews() throws {
    let view = NamespaceView(pidns: 9, uidMap: [], gidMap: [])
    #expect(
      try record(SPECIAL_CAPSET, [0, 0, 0, 0], view: view)
        == "type=CAPSET: pid=3 cap_pi=0 cap_pp=0 cap_pe=0 cap_pa=0")
  }

  @Test func queues() throws {
    #expect(
      try record(SPECIAL_MQ_OPEN, [0o302, 0o10640, 0, 10, 8192, -1])
        == "type=MQ_OPEN: oflag=0xc2 mode=010640 mq_flags=0x0 mq_maxmsg=10 mq_msgsize=8192 "
        + "mq_curmsgs=-1")
    #expect(
      try record(SPECIAL_MQ_OPEN, [0, 0, -1, 0, 0, 0])
        == "type=MQ_OPEN: oflag=0x0 mode=0 mq_flags=0xffffffffffffffff mq_maxmsg=0 mq_msgsize=0 "
        + "mq_curmsgs=0")
    #expect(
      try record(SPECIAL_MQ_SENDRECV, [4, 5, 7, 1, 234_567])
        == "type=MQ_SENDRECV: mqdes=4 msg_len=5 msg_prio=7 abs_timeout_sec=1 "
        + "abs_timeout_nsec=234567")
    #expect(try record(SPECIAL_MQ_NOTIFY, [-1, 10]) == "type=MQ_NOTIFY: mqdes=-1 sigev_signo=10")
    #expect(
      try record(SPECIAL_MQ_GETSETATTR, [3, 0x800, 1, 2, 3])
        == "type=MQ_GETSETATTR: mqdes=3 mq_flags=0x800 mq_maxmsg=1 mq_msgsize=2 mq_curmsgs=3")
  }

  /// What is behind SYSCALL and before PROCTITLE, of an event with these sections.
  private func records(
    _ sections: [(type: special_type, numbers: [Int64])], view: NamespaceView = .host,
    names: IDNames? = nil
  ) throws -> [String] {
    var event = EventBytes { $0.syscall = 39 }
    for section in sections {
      let data = section.numbers.flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
      event.add(SECTION_SPECIAL, index: Int(section.type.rawValue), data)
    }
    return try lines(event, of: process, view: view, names: names).dropFirst().dropLast()
      .map { $0.replacing(" msg=audit(1700000000.007:5)", with: "") }
  }

  @Test func anObjectIsFollowedByWhatItIsGiven() throws {
    #expect(
      try records([
        (SPECIAL_IPC, [1000, 50, 0o101600]), (SPECIAL_IPC_SET_PERM, [-1, 1234, 4_294_967_295, 0]),
      ]) == [
        "type=IPC: ouid=1000 ogid=50 mode=0101600",
        "type=IPC_SET_PERM: qbytes=ffffffffffffffff ouid=1234 ogid=4294967295 mode=0",
      ])
    #expect(try records([(SPECIAL_IPC, [0, 0, 0])]) == ["type=IPC: ouid=0 ogid=0 mode=0"])
  }

  @Test func theOwnerOfAnObjectIsTheViewsAndWhatTheCallerGaveIsItsOwn() throws {
    let view = NamespaceView(
      pidns: 9, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 10)],
      gidMap: [event_id_extent(first: 5, lower: 200_000, count: 10)])
    let names = IDNames(
      users: IDTable(passwd: Array("alice:x:7:5:::\n".utf8)),
      groups: IDTable(group: Array("staff:x:5:\n".utf8)))
    #expect(
      try records(
        [
          (SPECIAL_IPC, [100_007, 200_000, 0o600]), (SPECIAL_IPC_SET_PERM, [0x4000, 7, 5, 0o640]),
        ],
        view: view, names: names) == [
          "type=IPC: ouid=7 ogid=5 mode=0600\u{1d}OUID=\"alice\" OGID=\"staff\"",
          "type=IPC_SET_PERM: qbytes=4000 ouid=7 ogid=5 mode=0640\u{1d}"
            + "OUID=\"alice\" OGID=\"staff\"",
        ])
    #expect(
      try records([(SPECIAL_IPC, [1000, 1000, 0o600])], view: view) == [
        "type=IPC: ouid=65534 ogid=65534 mode=0600"
      ])
  }

  @Test func theClockHasARecordForEachNumberThatChanged() throws {
    #expect(
      try records([
        (SPECIAL_TIME_ADJNTPVAL, [0, -1, 5, 5, 64, 8256, 0, 37, 10000, 10000, 0, -2]),
        (SPECIAL_TIME_INJOFFSET, [-1, 999_999_999]),
      ]) == [
        "type=TIME_ADJNTPVAL: op=offset old=0 new=-1",
        "type=TIME_ADJNTPVAL: op=status old=64 new=8256",
        "type=TIME_ADJNTPVAL: op=tai old=0 new=37",
        "type=TIME_ADJNTPVAL: op=adjust old=0 new=-2",
        "type=TIME_INJOFFSET: sec=-1 nsec=999999999",
      ])
    #expect(
      try records([(SPECIAL_TIME_ADJNTPVAL, [1, 1, 5, 6, 2, 2, 3, 3, 10000, 9999, 0, 0])]) == [
        "type=TIME_ADJNTPVAL: op=freq old=5 new=6",
        "type=TIME_ADJNTPVAL: op=tick old=10000 new=9999",
      ])
  }

  @Test func aModulesNameIsEscaped() throws {
    #expect(
      try record(SPECIAL_KERN_MODULE, data: Array("dummy".utf8))
        == "type=KERN_MODULE: name=\"dummy\"")
    #expect(
      try record(SPECIAL_KERN_MODULE, data: Array("a\nb".utf8)) == "type=KERN_MODULE: name=610A62")
  }

  @Test func twoDescriptorsComeBehindTheRecord() throws {
    var event = EventBytes { event in
      event.arch = 0x4000_0003
      event.syscall = 102
    }
    event.add(SECTION_FD_PAIR, [3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
    event.add(SECTION_SPECIAL, index: Int(SPECIAL_SOCKETCALL.rawValue), [])
    event.add(SECTION_SOCKADDR, [1, 0])
    let records = try lines(event, of: process)
    #expect(
      records.map { $0.prefix { $0 != " " } } == [
        "type=SYSCALL", "type=SOCKETCALL", "type=FD_PAIR", "type=SOCKADDR", "type=PROCTITLE",
      ])
    #expect(records[2].hasSuffix(": fd0=3 fd1=-1"))
  }

  @Test func aRecordCanBeLeftOut() {
    var event = EventBytes { $0.syscall = 437 }
    event.add(
      SECTION_SPECIAL, index: Int(SPECIAL_OPENAT2.rawValue), [UInt8](repeating: 0, count: 24))
    var renderer = EventRenderer()
    event.bytes.withUnsafeBytes { event in
      process.bytes.withUnsafeBytes { process in
        renderer.plan(SyscallEvent(event)!, loaderName: nil)
        renderer.render(
          SyscallEvent(event)!, process: ProcessEvent(process)!,
          argv: UnsafeRawBufferPointer(start: nil, count: 0), targets: .none, seconds: 1,
          milliseconds: 0)
      }
    }
    #expect(RecordType.all.filter(renderer.types.contains) == [.syscall, .proctitle, .openat2])
    for type in RecordType.all {
      var excluded = RecordTypes.none
      excluded.insert(type)
      #expect(renderer.recordCount(excluding: excluded) == (renderer.types.contains(type) ? 2 : 3))
    }
  }

  @Test func whatIsTornIsNoRecord() throws {
    for (type, numbers) in [
      (SPECIAL_MMAP, 2), (SPECIAL_OPENAT2, 3), (SPECIAL_CAPSET, 4), (SPECIAL_MQ_GETSETATTR, 5),
      (SPECIAL_MQ_OPEN, 6), (SPECIAL_IPC, 3), (SPECIAL_IPC_SET_PERM, 4),
      (SPECIAL_TIME_INJOFFSET, 2), (SPECIAL_TIME_ADJNTPVAL, 12),
    ] {
      var event = EventBytes { $0.syscall = 39 }
      event.add(
        SECTION_SPECIAL, index: Int(type.rawValue), [UInt8](repeating: 1, count: 8 * numbers - 1))
      event.add(SECTION_FD_PAIR, [1, 2, 3])
      #expect(try lines(event, of: process).count == 2, "SYSCALL and PROCTITLE")
    }
  }

  @Test func aTypeThatIsNotKnownIsNoRecord() throws {
    var event = EventBytes { $0.syscall = 39 }
    event.add(SECTION_SPECIAL, index: 1999, [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(try lines(event, of: process).count == 2, "SYSCALL and PROCTITLE")
  }
}
