import CNestaudit
import Testing

@testable import AuditRecords

/// Security labels, and the record of a loaded BPF program.
struct LabelTests {
  private func process(_ label: String?) -> EventBytes {
    var process = EventBytes { event in event.setName("x") }
    process.add(SECTION_EXE, "/bin/x")
    if let label { process.add(SECTION_LABEL, label) }
    return process
  }

  private let syscall = EventBytes { event in event.syscall = 39 }

  @Test func theSubjectGoesBeforeTheKey() throws {
    let records = try lines(syscall, of: process("enforced//&:below:inner"), key: "k")
    #expect(records[0].hasSuffix(" exe=\"/bin/x\" subj=enforced//&:below:inner key=\"k\""))
    #expect(try lines(syscall, of: process(nil))[0].hasSuffix(" exe=\"/bin/x\" key=(null)"))
  }

  @Test func aLabelEndsNoLine() throws {
    let records = try lines(syscall, of: process("a\ntype=SYSCALL\u{1d}b"))
    #expect(records.count == 2)
    #expect(records[0].contains(" subj=a type=SYSCALL b key=(null)"))
  }

  @Test func aTargetHasItsOwn() throws {
    var target = EventBytes(target: [(1, 7), (2, 3)]) { event in event.label = 10 }
    target.bytes += Array("unconfined".utf8) + [UInt8](repeating: 0, count: 6)
    target.setSize()
    let kill = EventBytes { event in
      event.syscall = 62
      event.targets = 1
    }
    let records = try lines(kill, of: process(nil), targets: [target])
    #expect(
      records[1].hasSuffix(
        "opid=7 oauid=0 ouid=0 oses=0 obj=unconfined ocomm=\"\""))
  }
}
