import CNestaudit
import Testing

@testable import AuditRecords

/// Records as the kernel writes them, byte for byte.
struct RecordTextTests {
  private static let shell: EventBytes = {
    var process = EventBytes { event in
      event.setName("cat")
      event.ses = 3
      event.auid = 1000
    }
    process.add(SECTION_EXE, "/usr/bin/cat")
    process.add(SECTION_PROCTITLE, Array("cat\0/etc/passwd\0".utf8))
    return process
  }()

  private func open(result: Int64, flags: UInt64 = 0) -> EventBytes {
    var event = EventBytes { event in
      event.syscall = 257
      event.result = result
      event.args = (0xffff_ff9c, 0x7ffd_1234, flags, 0, 0, 0)
    }
    event.add(SECTION_PATH, "/etc/passwd")
    event.add(SECTION_CWD, "/root")
    return event
  }

  @Test func anOpenHasFourRecords() throws {
    var event = open(result: 3)
    event.add(object: object(OBJECT_OPENED, ino: 737), index: 0)
    let stamp = "msg=audit(1700000000.007:5): "
    #expect(
      try lines(event, of: Self.shell, key: "pass") == [
        "type=SYSCALL \(stamp)arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c "
          + "a1=7ffd1234 a2=0 a3=0 items=1 ppid=7 pid=42 auid=1000 uid=0 gid=0 euid=0 suid=0 "
          + "fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=3 comm=\"cat\" exe=\"/usr/bin/cat\" "
          + "key=\"pass\"",
        "type=CWD \(stamp)cwd=\"/root\"",
        "type=PATH \(stamp)item=0 name=\"/etc/passwd\" inode=737 dev=08:01 mode=0100644 ouid=0 "
          + "ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
          + "cap_frootid=0",
        "type=PROCTITLE \(stamp)proctitle=636174002F6574632F706173737764",
      ])
  }

  @Test func aTitleThatADaemonKeepsTakesThePlaceOfTheTasksOwn() throws {
    let event = open(result: 3)
    let own = "proctitle=636174002F6574632F706173737764"
    #expect(
      try lines(event, of: Self.shell, title: "sh").last?.hasSuffix(": proctitle=\"sh\"") == true)
    // Another daemon keeps one, this one does not.
    #expect(
      try lines(event, of: Self.shell, hasKeptTitles: true).last?.hasSuffix(": \(own)") == true)
    var excluded = RecordTypes.none
    excluded.insert(.cwd)
    let without = try lines(event, of: Self.shell, title: "sh", excluding: excluded)
    #expect(without.last?.hasSuffix(": proctitle=\"sh\"") == true)
  }

  @Test func aMissingFileIsUnknown() throws {
    let records = try lines(open(result: -2), of: Self.shell)
    #expect(records[0].contains(" success=no exit=-2 "))
    #expect(records[0].hasSuffix(" key=(null)"))
    #expect(
      records[2].hasSuffix(
        "item=0 name=\"/etc/passwd\" nametype=UNKNOWN cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
          + "cap_frootid=0"))
  }

  @Test func aFileThatIsMadeComesAfterItsDirectory() throws {
    var event = open(result: 3, flags: 0o101)
    withFixed(&event) { $0.header.flags = UInt16(EVENT_CREATED.rawValue) }
    event.add(object: object(OBJECT_OPENED, ino: 9), index: 0)
    event.add(object: object(OBJECT_PARENT, ino: 2, mode: 0o40755), index: 1)
    let records = try lines(event, of: Self.shell)
    #expect(records[0].contains(" items=2 "))
    #expect(records[2].contains(" item=0 name=\"/etc/\" inode=2 "))
    #expect(records[2].contains(" mode=040755 "))
    #expect(records[2].contains(" nametype=PARENT "))
    #expect(records[3].contains(" item=1 name=\"/etc/passwd\" inode=9 "))
    #expect(records[3].contains(" nametype=CREATE "))
  }

  @Test func whatNeverReturnsSaysNothingOfSuccess() throws {
    let event = EventBytes { event in
      event.syscall = 231
      event.header.flags = UInt16(EVENT_NO_RESULT.rawValue)
    }
    let records = try lines(event, of: Self.shell)
    #expect(records[0].contains(" syscall=231 a0=0 "))
    #expect(records.count == 2, "SYSCALL and PROCTITLE")
  }

  @Test func aPersonalityIsShown() throws {
    var process = Self.shell
    process.bytes.withUnsafeMutableBytes {
      $0.bindMemory(to: event_process.self)[0].personality = 0x40000
    }
    #expect(try lines(open(result: 3), of: process)[0].contains(" syscall=257 per=40000 success="))
  }

  @Test func anAddressIsHexadecimal() throws {
    var event = EventBytes { event in
      event.syscall = 42
      event.result = -111
    }
    event.add(SECTION_SOCKADDR, [2, 0, 0, 80, 127, 0, 0, 1])
    let records = try lines(event, of: Self.shell)
    #expect(records[1].hasSuffix(": saddr=020000507F000001"))
    #expect(records[0].contains(" items=0 "))
  }

  @Test func aContainerIsNamedFirst() throws {
    let records = try lines(open(result: 3), of: Self.shell, chain: "40,^30")
    #expect(records[0] == "type=CONTAINER_ID msg=audit(1700000000.007:5): record=1 contid=40,^30")
    #expect(records[1].hasSuffix(" key=(null) record=1"))
  }

  @Test func anExecHasItsArgumentsAndItsLoader() throws {
    var event = EventBytes { event in
      event.syscall = 59
      event.argc = 3
    }
    event.add(SECTION_PATH, "/bin/ls")
    event.add(SECTION_CWD, "/")
    event.add(object: object(OBJECT_EXECUTABLE, ino: 11, mode: 0o100755), index: 0)
    event.add(object: object(OBJECT_LOADER, ino: 12, mode: 0o100755), index: 1)
    let records = try lines(
      event, of: Self.shell, argv: ["ls", "-l", "a b"], loaderName: "/lib64/ld-linux-x86-64.so.2")
    #expect(
      records.map { $0.split(separator: " ")[0] } == [
        "type=SYSCALL", "type=EXECVE", "type=CWD", "type=PATH", "type=PATH", "type=PROCTITLE",
      ])
    #expect(records[1].hasSuffix(": argc=3 a0=\"ls\" a1=\"-l\" a2=612062"))
    #expect(records[4].contains(" item=1 name=\"/lib64/ld-linux-x86-64.so.2\" inode=12 "))
  }

  @Test func nothingOfOneEventIsLeftInTheNext() throws {
    var renderer = EventRenderer()
    var text = TextBuffer()
    var opened = open(result: 3)
    opened.add(SECTION_SOCKADDR, [1, 2])
    let plain = EventBytes { $0.syscall = 39 }
    Self.shell.bytes.withUnsafeBytes { process in
      for event in [opened, plain] {
        event.bytes.withUnsafeBytes { event in
          renderer.plan(SyscallEvent(event)!, loaderName: nil)
          renderer.render(
            SyscallEvent(event)!, process: ProcessEvent(process)!,
            argv: UnsafeRawBufferPointer(start: nil, count: 0), targets: .none, seconds: 1,
            milliseconds: 0)
        }
      }
      renderer.assemble(view: .host, serial: 1, key: nil, chain: nil, into: &text)
    }
    #expect(renderer.recordCount == 2)
    let log = String(decoding: text.bytes, as: UTF8.self)
    #expect(log.split(separator: "\n").count == 2)
    #expect(!log.contains("passwd\""))
  }

  private func withFixed(_ event: inout EventBytes, _ body: (inout event_syscall) -> Void) {
    event.bytes.withUnsafeMutableBytes { body(&$0.bindMemory(to: event_syscall.self)[0]) }
  }
}
