import CNestaudit

@testable import Collector
@testable import Recording

/// A small recording with an entry of every kind and an event of every type, as no kernel has made it.
enum RecordingMaker {
  /// Each with its kind in front.
  static let entries: [[UInt8]] = facts + events + ends

  /// The file that these entries make, with true checksums.
  static func file(_ entries: [[UInt8]]) -> [UInt8] {
    var content: [UInt8] = []
    for entry in entries {
      // A kind that was changed by chance may be none: its number is written as it is.
      let kind = UInt16(entry.first ?? 0)
      let payload = entry.dropFirst()
      withUnsafeBytes(of: kind.littleEndian) { content += $0 }
      content += [0, 0]
      withUnsafeBytes(of: UInt32(payload.count).littleEndian) { content += $0 }
      content += payload
      content += [UInt8](repeating: 0, count: -payload.count & 7)
    }
    let header = RecordingHeader(
      .init(
        program: "1", kernel: "6.12.0", machine: "m", backend: "hooks", began: 1_700_000_000,
        only: []))
    return header.bytes + RecordingBlock.encode(content, events: 1, leftOut: 0, isLast: true)
  }

  private static func entry(_ kind: EntryKind, _ body: (inout FieldWriter) -> Void) -> [UInt8] {
    var writer = FieldWriter()
    body(&writer)
    return [UInt8(kind.rawValue)] + writer.bytes
  }

  private static let cgroup: UInt64 = 77
  private static let own = Array("type=DAEMON_CONFIG msg=audit(1700000001.002:9): op=x\n".utf8)

  private static let facts = [
    entry(.clock) { $0.put(Int64(1_700_000_000_000_000_000)) },
    entry(.daemon) {
      $0.put("host")
      $0.put(UInt64(41))
      $0.put(Int64(0))
      $0.put(UInt64(0))
    },
    entry(.names) {
      $0.put(UInt64(0))
      $0.put(true)
      $0.put(true)
      $0.put(true)
      var names = FieldWriter()
      names.put(UInt32(33))
      names.put(bytes: Array("\"www-data\"".utf8))
      $0.put(bytes: names.bytes)
    },
    entry(.watches) {
      $0.put(UInt64(0))
      $0.put("/etc/passwd")
      $0.put(false)
      $0.put(false)
      $0.put(UInt32(1))
      $0.put(UInt64(2))
      $0.put(false)
      $0.put(false)
      $0.put(UInt32(1))
      $0.put(UInt64(3))
      $0.put(UInt64(4))
      $0.put(list: [(UInt32(1), UInt64(5))]) {
        $0.put($1.0)
        $0.put($1.1)
      }
    },
    container(cgroup), container(cgroup + 2),
    entry(.member) {
      $0.put(cgroup + 1)
      $0.put(true)
      $0.put(cgroup)
    },
  ]

  /// One whose events are held.
  private static func container(_ contid: UInt64) -> [UInt8] {
    entry(.container) {
      $0.put(UInt8(0))
      $0.put(contid)
      $0.put(contid)
      $0.put(UInt64(0))
      $0.put("/a/web")
      $0.put(String?.some("/a/web"))
      $0.put(list: [UInt32(100), 1]) { $0.put($1) }
      $0.put(UInt32(4_026_532_000))
      $0.put(false)
      for _ in 0..<2 {
        $0.put(list: [UInt32(0)]) {
          $0.put($1)
          $0.put(UInt32(100_000))
          $0.put(UInt32(65536))
        }
      }
      $0.put(list: [contid]) { $0.put($1) }
      $0.put(Int64(1_700_000_000))
      $0.put(UInt16(7))
      $0.put(false)
    }
  }

  private static func metadata(_ fields: inout FieldWriter) {
    fields.put("docker")
    fields.put("0123456789ab")
    fields.put(String?.some("web"))
    for _ in 0..<4 { fields.put(String?.none) }
    fields.put(list: [("app", "shop")]) {
      $0.put($1.0)
      $0.put($1.1)
    }
  }

  private static let ends = [
    entry(.ownRecord) {
      $0.put("web")
      $0.put(bytes: own)
    },
    entry(.settled) {
      $0.put(cgroup)
      metadata(&$0)
    },
    entry(.titles) {
      $0.put(UInt32(100))
      $0.put(list: ["host"]) { $0.put($1) }
      $0.put(list: ["host"]) {
        $0.put($1)
        $0.put(bytes: Array("old\0title".utf8))
      }
    },
    entry(.verdicts) {
      $0.put(UInt32(100))
      $0.put(list: ["host"]) {
        $0.put($1)
        $0.put(true)
        $0.put(String?.some("key"))
      }
    },
    entry(.renamed) {
      $0.put(cgroup)
      metadata(&$0)
    },
    entry(.ownRecordHere) {
      $0.put("host")
      $0.put(bytes: own)
    },
    entry(.ended) {
      $0.put(cgroup)
      $0.put(Int64(1_700_000_009))
      $0.put(UInt16(0))
    },
    entry(.withdrawn) { $0.put(cgroup + 2) },
    entry(.end) { for _ in 0..<3 { $0.put(UInt64(1)) } },
  ]

  // MARK: Events

  private static var events: [[UInt8]] {
    var events: [[UInt8]] = []
    for contid in [0, cgroup, cgroup + 2] {
      let task: UInt32 = contid == 0 ? 50 : 100 + UInt32(contid - cgroup)
      var process = RecordedEvent(event_process(), EVENT_PROCESS, task: task, contid)
      process.add(SECTION_EXE, Array("/bin/cat".utf8))
      process.add(SECTION_PROCTITLE, Array("cat\0/etc/passwd".utf8))
      process.add(SECTION_PIDS, of: [event_pids(ns: 1, tgid: task, tid: task, ppid: 1)])
      process.add(SECTION_GROUPS, of: [UInt32(0), 4])
      events.append(process.entry)

      var argv = event_argv()
      argv.length = 8
      var arguments = RecordedEvent(argv, EVENT_ARGV, task: task, contid)
      arguments.append(Array("cat\0-n\0\0".utf8))
      events.append(arguments.entry)

      var target = event_target()
      target.levels = 1
      var signal = RecordedEvent(target, EVENT_TARGET, task: task, contid)
      signal.append(bytes(of: event_target_pid(ns: 1, tgid: 9)))
      events.append(signal.entry)

      var own = RecordedEvent(event_process(), EVENT_OWN, task: task, contid)
      own.add(SECTION_SPECIAL, index: UInt16(SPECIAL_ABEND.rawValue), of: [UInt64(11)])
      events.append(own.entry)

      var message = RecordedEvent(event_process(), EVENT_USER, task: task, contid)
      message.add(SECTION_PIDS, of: [event_pids(ns: 1, tgid: task, tid: task, ppid: 1)])
      message.add(SECTION_MESSAGE, of: [event_message(privileged: 3, type: 1112, pad: 0)])
      message.add(SECTION_MESSAGE_TEXT, Array("op=login acct=\"x\"".utf8))
      events.append(message.entry)

      events += [
        syscall(257, task, contid, isRequest: false), syscall(59, task, contid, isRequest: false),
        syscall(62, task, contid, isRequest: false), syscall(42, task, contid, isRequest: false),
        syscall(257, task, contid, isRequest: true),
      ]
      var fork = event_fork()
      fork.child = task + 1
      events.append(RecordedEvent(fork, EVENT_FORK, task: task, contid).entry)
      events.append(RecordedEvent(event_header(), EVENT_EXIT, task: task + 1, contid).entry)
    }
    events.append(
      entry(.nameCheck) {
        $0.put(UInt32(50))
        $0.put(UInt64(1_000_000))
        $0.put(true)
      })
    events.append(
      entry(.capabilities) {
        $0.put(UInt32(1))
        $0.put(UInt64(2))
        $0.put(UInt64(3))
        $0.put(true)
        $0.put(UInt64(1))
        $0.put(UInt64(0))
        $0.put(true)
        $0.put(UInt8(2))
        $0.put(UInt32(0))
      })
    events.append(
      entry(.loader) {
        $0.put(UInt32(1))
        $0.put(UInt64(2))
        $0.put(UInt64(3))
        $0.put(bytes: Array("/lib/ld.so".utf8))
      })
    return events
  }

  private static func syscall(
    _ number: Int32, _ task: UInt32, _ contid: UInt64, isRequest: Bool
  ) -> [UInt8] {
    var fixed = event_syscall()
    fixed.arch = 0xc000_003e
    fixed.syscall = number
    fixed.wants = .max
    fixed.targets = number == 62 ? 1 : 0
    fixed.argc = number == 59 ? 2 : 0
    fixed.argv_bytes = number == 59 ? 8 : 0
    fixed.header.flags = UInt16(EVENT_CALLERS_NAMES.rawValue)
    var event = RecordedEvent(
      fixed, isRequest ? EVENT_REQUEST : EVENT_SYSCALL, task: task, contid)
    event.add(SECTION_PATH, Array("/etc/passwd".utf8))
    event.add(SECTION_CWD, Array("/root".utf8))
    var object = event_object()
    (object.dev, object.ino, object.ctime) = (1, 2, 3)
    object.role = UInt16((number == 59 ? OBJECT_EXECUTABLE : OBJECT_OPENED).rawValue)
    event.add(SECTION_OBJECT, of: [object])
    object.role = UInt16((number == 59 ? OBJECT_LOADER : OBJECT_PARENT).rawValue)
    event.add(SECTION_OBJECT, index: 1, of: [object])
    event.add(SECTION_OBJECT_NAME, Array("/etc/passwd-".utf8))
    event.add(SECTION_CHAIN, of: [event_link(ino: 2, name: 4), event_link(ino: 3, name: 0)])
    event.add(SECTION_SOCKADDR, [2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    if number == 59 { event.add(SECTION_EXEC_CAPS, of: [event_exec_caps()]) }
    if isRequest {
      event.add(SECTION_REQUEST, of: [event_request(operation: 18, pad: 0, issued: 3)])
    }
    return event.entry
  }

  static func bytes(of value: some BitwiseCopyable) -> [UInt8] {
    withUnsafeBytes(of: value) { Array($0) }
  }
}

/// An event that is put together.
private struct RecordedEvent {
  private var bytes: [UInt8]

  init<Fixed: BitwiseCopyable>(
    _ fixed: Fixed, _ type: event_type, task: UInt32, _ contid: UInt64
  ) {
    bytes = RecordingMaker.bytes(of: fixed)
    let flags = bytes.withUnsafeBytes { $0.loadUnaligned(as: event_header.self).flags }
    let header = event_header(
      type: UInt16(type.rawValue), flags: flags, size: 0, time: 1_000_000, cgroup: contid,
      contid: contid, task: task, cpu: 0)
    bytes.replaceSubrange(
      0..<MemoryLayout<event_header>.size, with: RecordingMaker.bytes(of: header))
  }

  mutating func append(_ data: [UInt8]) {
    bytes += data
    bytes += [UInt8](repeating: 0, count: -bytes.count & 7)
  }

  mutating func add(_ kind: section_kind, index: UInt16 = 0, _ data: [UInt8]) {
    bytes += RecordingMaker.bytes(
      of: event_section(kind: UInt16(kind.rawValue), index: index, length: UInt32(data.count)))
    append(data)
  }

  mutating func add<Element: BitwiseCopyable>(
    _ kind: section_kind, index: UInt16 = 0, of elements: [Element]
  ) {
    add(kind, index: index, elements.flatMap { RecordingMaker.bytes(of: $0) })
  }

  var entry: [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(4..<8, with: RecordingMaker.bytes(of: UInt32(bytes.count)))
    return [UInt8(EntryKind.event.rawValue)] + bytes
  }
}
