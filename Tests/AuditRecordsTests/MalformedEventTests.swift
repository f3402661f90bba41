import CNestaudit
import Testing

@testable import AuditRecords

/// An event is taken whole or not at all: nothing reads beyond its end.
struct MalformedEventTests {
  private static let event: EventBytes = {
    var event = EventBytes { $0.syscall = 257 }
    event.add(SECTION_PATH, "/etc/passwd")
    event.add(SECTION_CWD, "/")
    return event
  }()

  @Test func everyTruncationIsRefusedOrHarmless() {
    for count in 0..<Self.event.bytes.count {
      // A copy of its own size: a read beyond it would be seen by a checker of memory.
      let part = Array(Self.event.bytes[..<count])
      part.withUnsafeBytes { bytes in
        guard let event = SyscallEvent(bytes) else { return }
        #expect(count >= MemoryLayout<event_syscall>.size)
        for index in 0..<2 { _ = event.section(SECTION_PATH, index: index) }
        #expect(event.object(0) == nil)
      }
    }
  }

  @Test func aSectionLongerThanTheEventIsRefused() {
    var bytes = Self.event.bytes
    bytes.withUnsafeMutableBytes { bytes in
      let offset = MemoryLayout<event_syscall>.size + 4
      bytes.storeBytes(of: UInt32.max, toByteOffset: offset, as: UInt32.self)
      #expect(SyscallEvent(UnsafeRawBufferPointer(bytes)) == nil)
    }
  }

  @Test func anObjectThatIsTornIsNone() {
    var event = EventBytes { $0.syscall = 257 }
    event.add(SECTION_OBJECT, [1, 2, 3])
    event.bytes.withUnsafeBytes { #expect(SyscallEvent($0)?.object(0) == nil) }
  }

  @Test func argumentsLongerThanTheirEventAreRefused() {
    var fixed = event_argv()
    fixed.length = 100
    withUnsafeBytes(of: fixed) { #expect(ArgvEvent($0) == nil) }
  }
}
