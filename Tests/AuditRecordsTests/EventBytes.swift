import CNestaudit
import Testing

@testable import AuditRecords

/// Events as they lie in the ring, made by hand.
struct EventBytes {
  var bytes: [UInt8]

  /// An EVENT_SYSCALL without sections.
  init(syscall change: (inout event_syscall) -> Void) {
    var event = event_syscall()
    event.header.type = UInt16(EVENT_SYSCALL.rawValue)
    event.header.task = 42
    event.arch = 0xc000_003e
    change(&event)
    bytes = withUnsafeBytes(of: event) { Array($0) }
  }

  /// An EVENT_PROCESS without sections: root, with nothing set and no terminal.
  init(process change: (inout event_process) -> Void) {
    var event = event_process()
    event.header.type = UInt16(EVENT_PROCESS.rawValue)
    event.header.task = 42
    event.auid = .max
    event.ses = .max
    event.tgid = 42
    event.ppid = 7
    change(&event)
    bytes = withUnsafeBytes(of: event) { Array($0) }
  }

  /// An EVENT_TARGET with these numbers: PID namespace and number in it.
  init(target pids: [(UInt32, UInt32)], _ change: (inout event_target) -> Void) {
    var event = event_target()
    event.header.type = UInt16(EVENT_TARGET.rawValue)
    event.header.task = 42
    let numbers = pids.flatMap { pid in
      withUnsafeBytes(of: event_target_pid(ns: pid.0, tgid: pid.1)) { Array($0) }
    }
    event.levels = UInt16(pids.count)
    event.header.size = UInt32(MemoryLayout<event_target>.size + numbers.count)
    change(&event)
    bytes = withUnsafeBytes(of: event) { Array($0) } + numbers
  }

  /// An EVENT_TOUCHED, with a chain of this inode and those of the directories above it.
  init(touched role: object_role, path: Int, ino: UInt64, above: [UInt64] = []) {
    var event = event_touched()
    event.header.type = UInt16(EVENT_TOUCHED.rawValue)
    event.header.task = 42
    event.path = UInt16(path)
    event.links = UInt16(1 + above.count)
    event.object = object(role, ino: ino)
    let links = ([ino] + above).flatMap { ino in
      withUnsafeBytes(of: event_link(ino: ino, name: 0)) { Array($0) }
    }
    bytes = withUnsafeBytes(of: event) { Array($0) } + links
    let whole =
      MemoryLayout<event_touched>.size + Int(EVENT_CHAIN_MAX) * MemoryLayout<event_link>.size
    bytes += [UInt8](repeating: 0, count: whole - bytes.count)
  }

  /// Says in its header how long it is by now.
  mutating func setSize() {
    let size = UInt32(bytes.count)
    bytes.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(
        of: size, toByteOffset: MemoryLayout<event_header>.offset(of: \.size)!, as: UInt32.self)
    }
  }

  mutating func add(_ kind: section_kind, index: Int = 0, _ data: [UInt8]) {
    let head = event_section(
      kind: UInt16(kind.rawValue), index: UInt16(index), length: UInt32(data.count))
    bytes += withUnsafeBytes(of: head) { Array($0) } + data
    while bytes.count % 8 != 0 { bytes.append(0) }
  }

  mutating func add(_ kind: section_kind, index: Int = 0, _ text: String) {
    add(kind, index: index, Array(text.utf8))
  }

  mutating func add(object: event_object, index: Int) {
    add(SECTION_OBJECT, index: index, withUnsafeBytes(of: object) { Array($0) })
  }

  mutating func add(pids: [event_pids]) {
    add(SECTION_PIDS, pids.flatMap { pids in withUnsafeBytes(of: pids) { Array($0) } })
  }
}

func object(_ role: object_role, ino: UInt64, mode: UInt32 = 0o100644) -> event_object {
  event_object(
    ino: ino, ctime: 0, dev: 8 << 20 | 1, rdev: 0, mode: mode, uid: 0, gid: 0,
    role: UInt16(role.rawValue), caps: UInt16(OBJECT_CAPS_NONE.rawValue), magic: 0xef53,
    owner: 0)
}

extension event_process {
  mutating func setName(_ name: String) {
    withUnsafeMutableBytes(of: &comm) { $0.copyBytes(from: name.utf8.prefix(15)) }
  }
}

/// What the records of an event are in the log of a daemon, line by line.
func lines(
  _ event: EventBytes, of process: EventBytes, argv: [String] = [],
  targets: [EventBytes] = [], view: NamespaceView = .host, serial: UInt64 = 5, key: String? = nil,
  chain: String? = nil, loaderName: String? = nil, names: IDNames? = nil,
  rendersEnriched: Bool? = nil, title: String? = nil, hasKeptTitles: Bool? = nil,
  excluding excluded: RecordTypes = .none, doubtsNames: Bool = false,
  capabilities: FileCapabilities? = nil, targetChains: [UInt64: String] = [:]
) throws -> [String] {
  var renderer = EventRenderer()
  var text = TextBuffer()
  var table = ProcessTable()
  for target in targets { target.bytes.withUnsafeBytes { table.append(TargetEvent($0)!) } }
  let arguments: [UInt8] = argv.flatMap { Array($0.utf8) + [0] }
  event.bytes.withUnsafeBytes { event in
    process.bytes.withUnsafeBytes { process in
      arguments.withUnsafeBytes { arguments in
        withBytes(of: loaderName) { loaderName in
          renderer.plan(
            SyscallEvent(event)!, loaderName: loaderName, milliseconds: 1_700_000_000_007)
          if doubtsNames { renderer.doubtNames() }
          for index in 0..<renderer.nameCount where renderer.asksForCapabilities(ofName: index) {
            renderer.setCapabilities(capabilities, ofName: index)
          }
          renderer.render(
            SyscallEvent(event)!, process: ProcessEvent(process)!, argv: arguments,
            targets: table.targets(42), seconds: 1_700_000_000, milliseconds: 7,
            enriched: rendersEnriched ?? (names != nil),
            hasKeptTitles: hasKeptTitles ?? (title != nil))
        }
        withBytes(of: key) { key in
          withBytes(of: chain) { chain in
            func assemble(_ names: UnsafePointer<IDNames>?) {
              func assembled(
                _ serial: UInt64, _ key: UnsafeRawBufferPointer?,
                noting place: TwinLines.Place? = nil
              ) -> String {
                written {
                  renderer.assemble(
                    view: view, serial: serial, key: key, chain: chain, names: names,
                    title: title.map { Array($0.utf8) }, excluding: excluded,
                    targets: TargetChains(table.targets(42)) { targetChains[$0] },
                    noting: place, into: &$0)
                }
              }
              let direct = assembled(serial, key)
              let place = TwinLines.Place(UnsafeRawPointer(bitPattern: 16)!, 4711)
              // What another daemon has a copy of is the same.
              #expect(assembled(serial, key, noting: place) == direct)
              if let lines = renderer.linesAlike(view: view, chain: chain) {
                #expect(lines.place.position == place.position)
                #expect(lines.count == direct.utf8.count)
                // Their serials have as many digits, more and many more; their keys are the same, and others.
                let most = UInt64(String(repeating: "9", count: String(serial).count))!
                for serial in [most, 123_456_789, .max] {
                  for other in [false, true] {
                    withBytes(of: other ? "another" : nil) { another in
                      let key = other ? another : key
                      let expected = assembled(serial, key)
                      let copy = Array(direct.utf8).withUnsafeBytes { first in
                        written {
                          renderer.copy(first.baseAddress!, serial: serial, key: key, into: &$0)
                        }
                      }
                      #expect(copy == expected)
                    }
                  }
                }
              }
              Array(direct.utf8).withUnsafeBytes { text.append($0) }
            }
            if var names { assemble(&names) } else { assemble(nil) }
          }
        }
      }
    }
  }
  return String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

private func withBytes(of text: String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
  guard let text else { return body(nil) }
  Array(text.utf8).withUnsafeBytes { body($0) }
}

/// What is appended to an empty buffer, as text.
func written(_ body: (inout TextBuffer) -> Void) -> String {
  var text = TextBuffer()
  body(&text)
  return String(decoding: text.bytes, as: UTF8.self)
}
