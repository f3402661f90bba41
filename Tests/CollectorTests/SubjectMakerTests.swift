import CNestaudit
import Testing

@testable import AuditRecords
@testable import Collector

/// What rules see of a task is made again when the task or the view is another, and only then.
struct SubjectMakerTests {
  private static func task(
    _ number: UInt32, uid: UInt32, groups: Int = 0
  ) -> [UInt8] {
    var event = event_process()
    event.header.type = UInt16(EVENT_PROCESS.rawValue)
    event.header.task = number
    event.tgid = number
    event.uid = uid
    let fixed = withUnsafeBytes(of: event) { Array($0) }
    if groups == 0 { return fixed }
    let section = event_section(
      kind: UInt16(SECTION_GROUPS.rawValue), index: 0, length: UInt32(4 * groups))
    let numbers = (0..<groups).flatMap { group in
      withUnsafeBytes(of: UInt32(group)) { Array($0) }
    }
    return fixed + withUnsafeBytes(of: section) { Array($0) } + numbers
  }

  private static func view(from uid: UInt32) -> NamespaceView {
    NamespaceView(
      pidns: 0, uidMap: [event_id_extent(first: 0, lower: uid, count: 1000)], gidMap: [])
  }

  @Test func everyViewSeesTheTaskAsItIsNow() {
    var table = ProcessTable()
    var maker = SubjectMaker()
    // More than there are places for.
    let views = (0..<9).map { Self.view(from: 100 * $0) }
    for uid: UInt32 in [900, 950] {
      for task: UInt32 in [1, 2] {
        Self.task(task, uid: uid + task).withUnsafeBytes { table.update(ProcessEvent($0)!) }
      }
      for _ in 0..<2 {
        for task: UInt32 in [1, 2] {
          for (index, view) in views.enumerated() {
            maker.make(table.process(task)!, view)
            #expect(maker.subject.pointee.uid == uid + task - 100 * UInt32(index))
            #expect(maker.subject.pointee.pid == task)
          }
        }
      }
    }
  }

  /// A recording may be made by anybody.
  @Test func moreGroupsThanThereAreAreLeftOut() {
    var maker = SubjectMaker()
    Self.task(1, uid: 0, groups: 5000).withUnsafeBytes { bytes in
      maker.make(ProcessEvent(bytes)!, .host)
      #expect(Array(maker.subject.pointee.groups) == Array(0..<UInt32(EVENT_GROUPS_MAX)))
    }
  }

  @Test func nothingIsLeftOfASyscall() {
    var maker = SubjectMaker()
    maker.subject.pointee.a0 = 7
    maker.subject.pointee.syscall = 2
    Self.task(1, uid: 0).withUnsafeBytes { maker.make(ProcessEvent($0)!, .host) }
    #expect(maker.subject.pointee.a0 == 0 && maker.subject.pointee.syscall == -1)
  }
}
