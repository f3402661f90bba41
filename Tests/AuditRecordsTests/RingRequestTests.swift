import CNestaudit
import Testing

@testable import AuditRecords

/// URINGOP: what io_uring has run.
struct RingRequestTests {
  private static let process = EventBytes { process in
    process.setName("rings")
    process.uid = 100_003
    process.fsgid = 100_004
  }

  /// An EVENT_REQUEST of an openat by io_uring.
  private func request(
    operation: UInt32 = 18, issued: Int64 = 0, flags: UInt32 = 0, _ path: String? = "a b",
    result: Int64 = 4
  ) -> EventBytes {
    var event = EventBytes(syscall: { event in
      event.header.type = UInt16(EVENT_REQUEST.rawValue)
      event.header.flags = UInt16(flags)
      event.syscall = path == nil ? -1 : 257
      event.result = result
    })
    event.add(
      SECTION_REQUEST,
      withUnsafeBytes(of: event_request(operation: operation, pad: 0, issued: issued)) { Array($0) }
    )
    if let path { event.add(SECTION_PATH, path) }
    if path != nil, result >= 0 { event.add(object: object(OBJECT_OPENED, ino: 9), index: 0) }
    event.add(SECTION_CWD, "/tmp")
    event.setSize()
    return event
  }

  /// The lines of a request that is an event of its own.
  private func alone(
    _ event: EventBytes, view: NamespaceView = .host, key: String? = nil, chain: String? = nil
  ) -> [String] {
    var renderer = EventRenderer()
    var text = TextBuffer()
    event.bytes.withUnsafeBytes { event in
      Self.process.bytes.withUnsafeBytes { process in
        Array((key ?? "").utf8).withUnsafeBytes { keyBytes in
          Array((chain ?? "").utf8).withUnsafeBytes { chainBytes in
            let request = RingRequest(event)!
            renderer.beginPlan()
            renderer.planMore(request.event, milliseconds: 1_700_000_000_007)
            renderer.render(
              ToldRequest(request, key: key == nil ? nil : keyBytes, items: renderer.nameCount),
              process: ProcessEvent(process)!, seconds: 1_700_000_000, milliseconds: 7)
            renderer.assemble(
              view: view, serial: 5, key: nil, chain: chain == nil ? nil : chainBytes, into: &text)
          }
        }
      }
    }
    return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test func aRequestOfAWorkerIsAnEvent() {
    #expect(
      alone(request(), key: "k") == [
        "type=URINGOP msg=audit(1700000000.007:5): uring_op=18 success=yes exit=0 items=1 ppid=7 "
          + "pid=42 uid=100003 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=100004 key=\"k\"",
        "type=CWD msg=audit(1700000000.007:5): cwd=\"/tmp\"",
        "type=PATH msg=audit(1700000000.007:5): item=0 name=612062 inode=9 dev=08:01 mode=0100644 "
          + "ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 "
          + "cap_frootid=0",
      ])
  }

  /// What is told of the request is no word about the lookup of its name.
  @Test(arguments: [UInt32(18), 28, 64, 127])
  func itsOperationIsNotTakenForHowFarItsNameLed(operation: UInt32) {
    request(operation: operation, result: -20).bytes.withUnsafeBytes { bytes in
      let event = RingRequest(bytes)!.event
      #expect(event.seenReach(0) == nil)
      #expect(!event.hasSeenLast(0))
    }
  }

  @Test func whatHasNoNameIsOneRecord() {
    #expect(
      alone(request(operation: 34, nil)) == [
        "type=URINGOP msg=audit(1700000000.007:5): uring_op=34 success=yes exit=0 items=0 ppid=7 "
          + "pid=42 uid=100003 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=100004 key=(null)"
      ])
  }

  @Test func aContainersDaemonSeesItsOwnIDs() {
    let view = NamespaceView(
      pidns: 7, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 10)],
      gidMap: [event_id_extent(first: 0, lower: 100_000, count: 10)])
    let line = alone(request(operation: 34, nil), view: view, chain: "4,^2").last!
    #expect(line.contains(" ppid=0 pid=0 uid=3 gid=65534 "))
    #expect(line.hasSuffix(" fsgid=4 key=(null) record=1"))
  }

  /// It was to be done without waiting: its names are told, and what they lead to is not known.
  @Test func whatCouldNotGoOnSaysSo() {
    let lines = alone(request(issued: -11, "f", result: -11))
    #expect(lines[0].contains(" success=no exit=-11 items=1 "))
    #expect(
      lines[2]
        == "type=PATH msg=audit(1700000000.007:5): item=0 name=\"f\" nametype=UNKNOWN cap_fp=0 "
        + "cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0")
  }

  @Test func inASyscallTheyGoBeforeIt() throws {
    let requests = [
      request(flags: EVENT_OF_SYSCALL.rawValue, "first"),
      request(flags: EVENT_OF_SYSCALL.rawValue, "second"),
    ]
    var table = ProcessTable()
    for request in requests {
      let isKept = request.bytes.withUnsafeBytes { table.append(RingRequest($0)!) }
      #expect(isKept)
    }
    var enter = EventBytes { event in
      event.syscall = 426
      event.result = 2
    }
    enter.add(SECTION_CWD, "/tmp")
    var renderer = EventRenderer()
    var text = TextBuffer()
    enter.bytes.withUnsafeBytes { enter in
      Self.process.bytes.withUnsafeBytes { process in
        var told: [ToldRequest] = []
        renderer.beginPlan()
        table.requests(42).forEach { request in
          renderer.planMore(request.event, milliseconds: 0)
          told.append(ToldRequest(request, key: nil, items: renderer.nameCount))
        }
        renderer.planMore(SyscallEvent(enter)!, milliseconds: 0)
        renderer.render(
          SyscallEvent(enter)!, process: ProcessEvent(process)!,
          argv: UnsafeRawBufferPointer(start: nil, count: 0), targets: .none, requests: told,
          seconds: 1_700_000_000, milliseconds: 7)
        renderer.assemble(view: .host, serial: 5, key: nil, chain: nil, into: &text)
      }
    }
    let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
    let types = lines.map { $0.prefix { $0 != " " }.dropFirst(5) }
    #expect(types == ["URINGOP", "URINGOP", "SYSCALL", "CWD", "PATH", "PATH", "PROCTITLE"])
    #expect(lines[0].contains(" items=1 "))
    #expect(lines[1].contains(" items=2 "))
    #expect(lines[2].contains(" items=2 "))
    #expect(lines[4].contains(" item=0 name=\"first\" "))
    #expect(lines[5].contains(" item=1 name=\"second\" "))
  }

  /// A task can run tens of thousands in one syscall.
  @Test func ofOneSyscallSomeAreKept() {
    let long = request(flags: EVENT_OF_SYSCALL.rawValue, String(repeating: "n", count: 4095))
    var table = ProcessTable()
    var kept = 0
    while kept < 1000, long.bytes.withUnsafeBytes({ table.append(RingRequest($0)!) }) { kept += 1 }
    #expect((200..<300).contains(kept))
    table.clearRequests(42)
    let isEmpty = table.requests(42).isEmpty
    #expect(isEmpty)
  }

  @Test(arguments: [0, 39, 136, 150])
  func aTornOneIsNone(length: Int) {
    let whole = request()
    #expect(Array(whole.bytes.prefix(length)).withUnsafeBytes { RingRequest($0) } == nil)
    let other = EventBytes(syscall: { _ in })
    #expect(other.bytes.withUnsafeBytes { RingRequest($0) } == nil)
  }
}
