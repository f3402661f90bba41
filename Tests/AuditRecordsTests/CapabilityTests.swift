import CNestaudit
import Testing

@testable import AuditRecords

/// File capabilities: in PATH, and what an exec gains by them.
struct CapabilityTests {
  private static let process = EventBytes { event in event.setName("x") }
  private static let stamp = "msg=audit(1700000000.007:5): "

  private func bytes<Value>(of value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

  private func attribute(_ numbers: [UInt32]) -> FileCapabilities {
    numbers.map(\.littleEndian).withUnsafeBytes { FileCapabilities(attribute: $0) }
  }

  private func exec(_ gain: event_exec_caps? = nil) -> EventBytes {
    var event = EventBytes { event in
      event.syscall = 59
      event.argc = 1
    }
    event.add(SECTION_PATH, "./ping")
    event.add(SECTION_CWD, "/bin")
    var file = object(OBJECT_EXECUTABLE, ino: 9)
    file.caps = UInt16(OBJECT_CAPS_ASK.rawValue)
    event.add(object: file, index: 0)
    if let gain { event.add(SECTION_EXEC_CAPS, bytes(of: gain)) }
    return event
  }

  private func gain(_ kind: exec_gain) -> event_exec_caps {
    event_exec_caps(
      gain: kind.rawValue, pad: 0,
      before: event_caps(permitted: 0, inheritable: 1, effective: 0, ambient: 0),
      after: event_caps(permitted: 0x2000, inheritable: 1, effective: 0x2000, ambient: 0))
  }

  @Test func theAttributeIsReadInEachOfItsVersions() {
    #expect(
      attribute([0x0200_0001, 0x2001, 0x20, 0x4, 0])
        == FileCapabilities(
          permitted: 0x4_0000_2001, inheritable: 0x20, isEffective: true, version: 2, rootID: 0))
    #expect(
      attribute([0x0300_0000, 1, 2, 0, 0, 100_000])
        == FileCapabilities(
          permitted: 1, inheritable: 2, isEffective: false, version: 3, rootID: 100_000))
    #expect(
      attribute([0x0100_0001, 1, 2])
        == FileCapabilities(
          permitted: 1, inheritable: 2, isEffective: true, version: 1, rootID: 0))
    #expect(attribute([0x0200_0000, ~0, ~0, ~0, ~0]).permitted == 0x1ff_ffff_ffff)
  }

  @Test(arguments: [
    [], [0x0200_0001], [0x0200_0001, 1, 1, 0, 0, 0], [0x0300_0001, 1, 1, 0, 0],
    [0x0400_0001, 1, 1],
  ])
  func whatTheKernelTakesForInvalidIsNone(numbers: [UInt32]) {
    #expect(attribute(numbers) == .none)
  }

  @Test func aPathHasThemAsTheKernelWritesThem() throws {
    let file = FileCapabilities(
      permitted: 0x2001, inheritable: 0, isEffective: true, version: 3, rootID: 100_000)
    let records = try lines(exec(), of: Self.process, argv: ["ping"], capabilities: file)
    #expect(
      records[3]
        == "type=PATH \(Self.stamp)item=0 name=\"./ping\" inode=9 dev=08:01 mode=0100644 ouid=0 "
        + "ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0000000000002001 cap_fi=0 cap_fe=1 cap_fver=3 "
        + "cap_frootid=100000")
    let view = NamespaceView(
      pidns: 1, uidMap: [event_id_extent(first: 0, lower: 100_000, count: 65536)], gidMap: [])
    let inside = try lines(
      exec(), of: Self.process, argv: ["ping"], view: view, capabilities: file)
    #expect(inside[3].hasSuffix(" cap_fver=3 cap_frootid=0"))
  }

  @Test func whatIsNotKnownIsNotInvented() throws {
    let records = try lines(exec(), of: Self.process, argv: ["ping"])
    #expect(
      records[3].hasSuffix(" nametype=NORMAL cap_fe=? cap_fver=? cap_fp=? cap_fi=?"))
  }

  @Test func anExecTellsWhatItGainsBehindSyscall() throws {
    let file = FileCapabilities(
      permitted: 0x2000, inheritable: 0x10, isEffective: true, version: 2, rootID: 0)
    let records = try lines(
      exec(gain(GAIN_WITH_FILE)), of: Self.process, argv: ["ping"], capabilities: file)
    #expect(
      records[1]
        == "type=BPRM_FCAPS \(Self.stamp)fver=2 fp=0000000000002000 fi=0000000000000010 fe=1 "
        + "old_pp=0 old_pi=0000000000000001 old_pe=0 old_pa=0 pp=0000000000002000 "
        + "pi=0000000000000001 pe=0000000000002000 pa=0 frootid=0")
    #expect(records[2].hasPrefix("type=EXECVE "))
  }

  @Test func whatAFileDecidesIsNotToldWithoutIt() throws {
    for capabilities in [nil, FileCapabilities.none] {
      let records = try lines(
        exec(gain(GAIN_WITH_FILE)), of: Self.process, argv: ["ping"], capabilities: capabilities)
      #expect(!records.contains { $0.contains("BPRM_FCAPS") })
    }
    let records = try lines(exec(gain(GAIN_SURE)), of: Self.process, argv: ["ping"])
    #expect(records[1].contains(" fver=? fp=? fi=? fe=? old_pp=0 "))
    #expect(records[1].hasSuffix(" pa=0 frootid=?"))
  }

  @Test func anUnmountDoesNotAsk() throws {
    var event = EventBytes { event in event.syscall = 166 }
    event.add(SECTION_PATH, "/mnt")
    event.add(SECTION_CWD, "/")
    let records = try lines(event, of: Self.process)
    #expect(records[2].hasSuffix(" nametype=NORMAL cap_fe=? cap_fver=? cap_fp=? cap_fi=?"))
  }
}
