import CNestaudit
import Testing

@testable import AuditRecords

struct ProcessTableTests {
  private func update(_ table: inout ProcessTable, _ task: UInt32, uid: UInt32, title: String) {
    var process = EventBytes { event in
      event.header.task = task
      event.uid = uid
    }
    process.add(SECTION_PROCTITLE, title)
    process.bytes.withUnsafeBytes { table.update(ProcessEvent($0)!) }
  }

  private func append(_ table: inout ProcessTable, _ text: String, at offset: UInt32) {
    var fixed = event_argv()
    fixed.header.task = 42
    fixed.offset = offset
    fixed.length = UInt32(text.utf8.count)
    let bytes = withUnsafeBytes(of: fixed) { Array($0) } + Array(text.utf8)
    bytes.withUnsafeBytes { table.append(ArgvEvent($0)!) }
  }

  @Test func theLastThingSaidHolds() {
    var table = ProcessTable()
    update(&table, 42, uid: 1, title: "short")
    update(&table, 43, uid: 2, title: "other")
    update(&table, 42, uid: 3, title: "a title that is longer than the one before it was")
    #expect(table.process(42)?.fixed.uid == 3)
    #expect(
      table.process(42)?.title.map { String(decoding: $0, as: UTF8.self) }
        == "a title that is longer than the one before it was")
    #expect(table.process(43)?.fixed.uid == 2)
    #expect(table.count == 2)
  }

  @Test func aTaskThatHasEndedIsForgotten() {
    var table = ProcessTable()
    update(&table, 42, uid: 1, title: "x")
    append(&table, "a\0", at: 0)
    table.remove(42)
    #expect(table.process(42) == nil)
    #expect(table.argv(42).isEmpty)
    #expect(table.count == 0)
  }

  @Test func argumentsArePutTogetherFromTheirParts() {
    var table = ProcessTable()
    append(&table, "ls\0", at: 0)
    append(&table, "-l\0", at: 3)
    #expect(Array(table.argv(42)) == Array("ls\0-l\0".utf8))
    // What was lost in between is not bridged.
    append(&table, "x\0", at: 100)
    #expect(table.argv(42).count == 6)
    append(&table, "new\0", at: 0)
    #expect(Array(table.argv(42)) == Array("new\0".utf8))
    table.clearArgv(42)
    #expect(table.argv(42).isEmpty)
  }

  @Test func argumentsOfAnExecThatNeverCameAreNotTheNextOnes() {
    var table = ProcessTable()
    append(&table, "old\0", at: 0)
    update(&table, 42, uid: 1, title: "x")
    #expect(table.argv(42).isEmpty)
  }

  @Test func aDaemonGoesOnWithTheTitleOfTheFirstEventItWasTold() {
    var table = ProcessTable()
    func titles() -> [UInt32: String] {
      Dictionary(
        uniqueKeysWithValues: table.keptTitles(42).map {
          ($0.daemon, String(decoding: $0.bytes, as: UTF8.self))
        })
    }
    update(&table, 42, uid: 0, title: "runtime")
    update(&table, 42, uid: 0, title: "shell")
    #expect(titles().isEmpty)
    table.tell(42, to: 1)
    update(&table, 42, uid: 5, title: "shell")
    #expect(titles().isEmpty)
    update(&table, 42, uid: 5, title: "make")
    #expect(titles() == [1: "shell"])
    table.tell(42, to: 2)
    table.tell(42, to: 1)
    update(&table, 42, uid: 5, title: "gcc")
    #expect(titles() == [1: "shell", 2: "make"])
    update(&table, 43, uid: 5, title: "other")
    #expect(table.keptTitles(43).isEmpty)
    table.remove(42)
    #expect(titles().isEmpty)
  }

  @Test func whatRecordsRepeatIsThatOfTheTaskInItsView() {
    var table = ProcessTable()
    var renderer = EventRenderer()
    func view(from first: UInt32) -> NamespaceView {
      NamespaceView(
        pidns: 0, uidMap: [event_id_extent(first: first, lower: 100_000, count: 10)], gidMap: [])
    }
    func records(in view: NamespaceView) -> String {
      let event = EventBytes(syscall: { $0.syscall = 39 })
      var text = TextBuffer()
      event.bytes.withUnsafeBytes { bytes in
        let event = SyscallEvent(bytes)!
        renderer.plan(event, loaderName: nil)
        renderer.render(
          event, process: table.process(42)!, argv: UnsafeRawBufferPointer(start: nil, count: 0),
          targets: .none, seconds: 1, milliseconds: 0)
        renderer.assemble(view: view, serial: 1, key: nil, chain: nil, into: &text)
      }
      return String(decoding: text.bytes, as: UTF8.self)
    }
    let inner = view(from: 0)
    update(&table, 42, uid: 100_001, title: "old")
    for _ in 0..<2 {
      #expect(records(in: .host).contains(" uid=100001 "))
      #expect(records(in: inner).contains(" uid=1 "))
      #expect(records(in: .host).contains("proctitle=\"old\""))
    }
    update(&table, 42, uid: 100_002, title: "new")
    #expect(records(in: .host).contains(" uid=100002 "))
    #expect(records(in: inner).contains(" uid=2 "))
    #expect(records(in: inner).contains("proctitle=\"new\""))
    // More views than it is kept for; each is another one, also where an earlier one was.
    for first: UInt32 in 0..<20 {
      #expect(records(in: view(from: first)).contains(" uid=\(first + 2) "))
    }
    #expect(records(in: .host).contains("proctitle=\"new\""))
  }
}
