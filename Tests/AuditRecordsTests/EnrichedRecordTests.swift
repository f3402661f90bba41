import CNestaudit
import Testing

@testable import AuditRecords

/// What the format ENRICHED has behind each record, as auditd 3.0.9 writes it.
struct EnrichedRecordTests {
  /// alice is 1000, web 33; of groups staff is 50.
  private static let names = IDNames(
    users: IDTable(passwd: Array("root:x:0:0:::\nalice:x:1000:50:::\nweb site:x:33:33:::\n".utf8)),
    groups: IDTable(group: Array("staff:x:50:\n".utf8)))

  private static let shell: EventBytes = {
    var process = EventBytes { event in
      event.setName("cat")
      event.auid = 1000
      event.uid = 33
      event.gid = 50
      event.egid = 51
      event.fsgid = .max
      event.euid = 4_294_967_294
    }
    process.add(SECTION_EXE, "/usr/bin/cat")
    process.add(SECTION_PROCTITLE, "cat")
    return process
  }()

  private static let open: EventBytes = {
    var event = EventBytes { event in
      event.syscall = 257
      event.result = 3
    }
    event.add(SECTION_PATH, "/etc/passwd")
    event.add(SECTION_CWD, "/root")
    var opened = object(OBJECT_OPENED, ino: 737)
    opened.uid = 1000
    opened.gid = 50
    event.add(object: opened, index: 0)
    return event
  }()

  /// The enriched part of each line, "" where there is none, by the raw line's type.
  private func enriched(_ lines: [String]) -> [String] {
    lines.map { line in
      let parts = line.split(separator: "\u{1d}", omittingEmptySubsequences: false)
      return
        "\(line.dropFirst(5).prefix { $0 != " " }): \(parts.dropFirst().joined(separator: "|"))"
    }
  }

  @Test func everyIDOfARecordIsNamedInItsOrder() throws {
    let lines = try lines(Self.open, of: Self.shell, names: Self.names)
    #expect(
      enriched(lines) == [
        "SYSCALL: ARCH=x86_64 SYSCALL=openat AUID=\"alice\" UID=7765622073697465 GID=\"staff\" "
          + "EUID=\"unknown(-2)\" SUID=\"root\" FSUID=\"root\" EGID=\"unknown(51)\" SGID=\"root\" "
          + "FSGID=\"unset\"",
        "CWD: ", "PATH: OUID=\"alice\" OGID=\"staff\"", "PROCTITLE: ",
      ])
  }

  @Test func theRecordsThemselvesAreThoseOfTheFormatRAW() throws {
    for chain in [nil, "40,^30"] {
      let raw = try lines(Self.open, of: Self.shell, key: "k", chain: chain)
      let enriched = try lines(
        Self.open, of: Self.shell, key: "k", chain: chain, names: Self.names)
      #expect(raw == enriched.map { String($0.prefix { $0 != "\u{1d}" }) })
      #expect(raw.allSatisfy { !$0.contains("\u{1d}") })
    }
  }

  @Test func aDaemonInTheFormatRAWSeesNothingOfTheOthersNames() throws {
    let plain = try lines(Self.open, of: Self.shell, key: "k")
    let beside = try lines(Self.open, of: Self.shell, key: "k", rendersEnriched: true)
    #expect(plain == beside)
  }

  @Test func namesAreThoseOfTheViewsIDs() throws {
    let map = [event_id_extent(first: 1000, lower: 33, count: 1)]
    let view = NamespaceView(pidns: 9, uidMap: map, gidMap: [])
    let line = try lines(Self.open, of: Self.shell, view: view, names: Self.names)[0]
    #expect(line.contains(" uid=1000 gid=65534 "))
    #expect(line.contains(" UID=\"alice\" GID=\"unknown(65534)\" "))
  }

  @Test func aTargetsIDsAreNamedThoughTheyAreSigned() throws {
    let kill = EventBytes { event in
      event.syscall = 62
      event.targets = 1
    }
    let target = EventBytes(target: [(1, 99)]) { event in
      event.uid = 1000
      event.auid = .max
    }
    let line = try lines(kill, of: Self.shell, targets: [target], names: Self.names)[1]
    #expect(line.contains(" oauid=-1 ouid=1000 "))
    #expect(line.hasSuffix("\u{1d}OAUID=\"unset\" OUID=\"alice\""))
  }

  @Test func whatIsLeftOutTakesItsNamesAlong() throws {
    var excluded = RecordTypes()
    excluded.insert(.cwd)
    excluded.insert(.path)
    let lines = try lines(Self.open, of: Self.shell, names: Self.names, excluding: excluded)
    #expect(lines.count == 2)
    #expect(lines[0].hasSuffix("FSGID=\"unset\""))
    #expect(!lines[1].contains("\u{1d}"))
  }

  @Test func aLineThatNoToolWouldReadHasNoNames() throws {
    var process = EventBytes { $0.auid = 1000 }
    process.add(SECTION_EXE, "/" + String(repeating: "\u{1}", count: 4090))
    var event = Self.open
    event.add(SECTION_PATH, index: 1, "x")
    let fitting = try lines(event, of: process, names: Self.names)[0]
    #expect(fitting.utf8.count < 8970 && fitting.contains("\u{1d}ARCH="))
    let key = String(repeating: "k ", count: 128)
    let lines = try lines(event, of: process, key: key, names: Self.names)
    #expect(!lines[0].contains("\u{1d}") && lines[0].hasSuffix("6B20"))
    #expect(lines[2].hasSuffix("\u{1d}OUID=\"alice\" OGID=\"staff\""))
  }

  @Test func anAddressIsInWords() throws {
    var event = EventBytes { $0.syscall = 42 }
    event.add(SECTION_SOCKADDR, [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    let lines = try lines(event, of: Self.shell, names: IDNames.none)
    #expect(
      lines[1].hasSuffix(
        "saddr=020000507F0000010000000000000000\u{1d}"
          + "SADDR={ saddr_fam=inet laddr=127.0.0.1 lport=80 }"))
  }

  @Test(arguments: [
    (UInt32(0xc000_003e), Int32(59), UInt32(0), "x86_64", "execve"),
    (0xc000_003e, 9999, 0, "x86_64", "unknown-syscall(9999)"),
    (0xc000_003e, 0x4000_0001, 0, "x86_64", "unknown-syscall(1073741825)"),
    (0x4000_0003, 11, 0, "i386", "execve"), (0x4000_0003, 102, 0, "i386", "socketcall(connect)"),
    (0x4000_0003, 102, 8, "i386", "socketcall"), (0x4000_0003, 117, 0, "i386", "ipc(semctl)"),
  ])
  func archAndSyscallAreNamed(
    arch: UInt32, syscall: Int32, personality: UInt32, machine: String, name: String
  ) throws {
    let event = EventBytes { event in
      event.arch = arch
      event.syscall = syscall
      event.args.0 = 3
    }
    let process = EventBytes { $0.personality = personality }
    let line = try lines(event, of: process, names: IDNames.none)[0]
    #expect(line.contains("\u{1d}ARCH=\(machine) SYSCALL=\(name) AUID="))
  }

  @Test func theDaemonsOwnRecordsAreEnrichedToo() {
    func line(_ record: DaemonRecord) -> String {
      written { record.append(to: &$0, seconds: 1, milliseconds: 2, serial: 3, names: Self.names) }
    }
    #expect(
      line(
        .start(version: "1", kernel: "6.1", .init(auid: 1000, uid: 0, session: 4, pid: 5)))
        == "type=DAEMON_START msg=audit(1.002:3): op=start ver=1 format=enriched kernel=6.1 "
        + "auid=1000 pid=5 uid=0 ses=4 res=success\u{1d}AUID=\"alice\" UID=\"root\"\n")
    #expect(
      line(.end(.init(auid: .max, uid: 7, session: 4, pid: 5))).hasSuffix(
        " res=success\u{1d}AUID=\"unset\" UID=\"unknown(7)\"\n"))
    #expect(
      line(.reconfigured(.init(auid: 0, uid: 0, session: 4, pid: 5))).hasSuffix(
        " res=success\u{1d}AUID=\"root\" UID=\"root\"\n"))
    #expect(
      line(
        .ruleChanged(
          added: true, key: nil, list: 4, .init(auid: 1000, uid: 0, session: 1, pid: 5))
      ).hasSuffix(
        " res=1\u{1d}AUID=\"alice\"\n"))
    #expect(!line(.lostEvents(1, total: 2, causes: [])).contains("\u{1d}"))
  }
}
