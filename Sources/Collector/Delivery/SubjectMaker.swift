internal import AuditRecords
internal import AuditRules
import CNestaudit

/// The event as the rules of a daemon see it, without its names and contids.
struct SubjectMaker: ~Copyable {
  /// A place for each of a few views: an event is seen in one after the other, and a task seldom does one thing alone.
  private static let places = 4

  private let subjects: UnsafeMutablePointer<RuleSubject>
  private let groups: UnsafeMutablePointer<UInt32>
  /// Of which task each place has what rules see of it, and in whose eyes.
  private let made: UnsafeMutablePointer<(version: UInt64, view: UInt64)>
  private var current = 0

  init() {
    subjects = .allocate(capacity: Self.places)
    subjects.initialize(repeating: RuleSubject(), count: Self.places)
    groups = .allocate(capacity: Self.places * Int(EVENT_GROUPS_MAX))
    made = .allocate(capacity: Self.places)
    made.initialize(repeating: (0, 0), count: Self.places)
  }

  deinit {
    subjects.deallocate()
    groups.deallocate()
    made.deallocate()
  }

  /// What was made last; stands until something is made again.
  var subject: UnsafeMutablePointer<RuleSubject> { subjects + current }

  /// Makes what a task is in a view.
  mutating func make(_ process: ProcessEvent, _ view: NamespaceView) {
    makeTask(process, view)
    subject.pointee.forgetSyscall()
  }

  /// Makes what a task did, in a view.
  mutating func make(_ event: SyscallEvent, _ process: ProcessEvent, _ view: NamespaceView) {
    makeTask(process, view)
    let syscall = event.fixed
    subject.pointee.arch = syscall.arch
    subject.pointee.syscall = syscall.syscall
    subject.pointee.result = syscall.result
    subject.pointee.hasResult = UInt32(syscall.header.flags) & EVENT_NO_RESULT.rawValue == 0
    subject.pointee.a0 = syscall.args.0
    subject.pointee.a1 = syscall.args.1
    subject.pointee.a2 = syscall.args.2
    subject.pointee.a3 = syscall.args.3
    subject.pointee.openFlags = UInt64(syscall.open_flags)
    subject.pointee.addressFamily = nil
    if let address = event.section(SECTION_SOCKADDR, index: 0), address.count > 0 {
      subject.pointee.addressFamily =
        address.count > 1 ? address.loadUnaligned(as: UInt16.self) : UInt16(address[0])
    }
  }

  private mutating func makeTask(_ process: ProcessEvent, _ view: NamespaceView) {
    current = Int(truncatingIfNeeded: view.number) & (Self.places - 1)
    subject.pointee.names = UnsafeBufferPointer(start: nil, count: 0)
    subject.pointee.contids = UnsafeBufferPointer(start: nil, count: 0)
    if process.version != 0, made[current] == (process.version, view.number) { return }
    made[current] = (process.version, view.number)
    let task = process.fixed
    let kernelGroups = process.groups
    let groups = groups + current * Int(EVENT_GROUPS_MAX)
    // A recording may be anybody's.
    let groupCount = min(kernelGroups.count, Int(EVENT_GROUPS_MAX))
    for index in 0..<groupCount { groups[index] = view.gid(kernelGroups[index]) }
    subject.pointee.pid = view.pid(of: process)
    subject.pointee.ppid = view.ppid(of: process)
    subject.pointee.uid = view.uid(task.uid)
    subject.pointee.euid = view.uid(task.euid)
    subject.pointee.suid = view.uid(task.suid)
    subject.pointee.fsuid = view.uid(task.fsuid)
    subject.pointee.gid = view.gid(task.gid)
    subject.pointee.egid = view.gid(task.egid)
    subject.pointee.sgid = view.gid(task.sgid)
    subject.pointee.fsgid = view.gid(task.fsgid)
    subject.pointee.auid = view.uid(task.auid)
    subject.pointee.ses = task.ses
    subject.pointee.pers = task.personality
    subject.pointee.groups = UnsafeBufferPointer(start: groups, count: groupCount)
    subject.pointee.executable.dev = task.exe_dev
    subject.pointee.executable.ino = task.exe_ino
    subject.pointee.executable.directory = task.exe_directory
    subject.pointee.executable.name = task.exe_name
  }
}
