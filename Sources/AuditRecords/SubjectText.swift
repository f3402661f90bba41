import CNestaudit

/// What every SYSCALL record says of its task, as one view shows it.
extension TextBuffer {
  /// Appends " ppid=…" up to the security label: kernel/auditsc.c, audit_log_task_info.
  mutating func append(subject process: ProcessEvent, in view: NamespaceView) {
    let task = process.fixed
    append(" ppid=", view.ppid(of: process))
    append(" pid=", view.pid(of: process))
    append(" auid=", view.uid(task.auid))
    append(" uid=", view.uid(task.uid))
    append(" gid=", view.gid(task.gid))
    append(" euid=", view.uid(task.euid))
    append(" suid=", view.uid(task.suid))
    append(" fsuid=", view.uid(task.fsuid))
    append(" egid=", view.gid(task.egid))
    append(" sgid=", view.gid(task.sgid))
    append(" fsgid=", view.gid(task.fsgid))
    append(terminal: task)
    append(" ses=", task.ses)
    append(program: process)
    append(label: process)
  }

  @inline(__always)
  private mutating func append(_ name: StaticString, _ number: UInt32) {
    append(name)
    append(decimal: UInt64(number))
  }

  @inline(__always)
  mutating func append(terminal task: event_process) {
    append(" tty=")
    withUnsafeBytes(of: task.tty) { name in
      let name = name.untilNUL
      if name.count > 0 { append(name) } else { append("(none)") }
    }
  }

  @inline(__always)
  mutating func append(program process: ProcessEvent) {
    append(" comm=")
    withUnsafeBytes(of: process.fixed.comm) { append(untrusted: $0.untilNUL) }
    append(" exe=")
    if let exe = process.exe { append(untrusted: exe) } else { append("(null)") }
  }

  /// audit_log_task_context: nothing without an LSM that gives labels.
  @inline(__always)
  mutating func append(label process: ProcessEvent) {
    guard let label = process.label else { return }
    append(" subj=")
    append(unquoted: label)
  }
}

extension Segments {
  /// Interprets the ids of a subject, in the record's order.
  @inline(never)
  mutating func interpret(subject task: event_process) {
    interpret("AUID=", .userName, task.auid)
    interpret("UID=", .userName, task.uid)
    interpret("GID=", .groupName, task.gid)
    interpret("EUID=", .userName, task.euid)
    interpret("SUID=", .userName, task.suid)
    interpret("FSUID=", .userName, task.fsuid)
    interpret("EGID=", .groupName, task.egid)
    interpret("SGID=", .groupName, task.sgid)
    interpret("FSGID=", .groupName, task.fsgid)
  }

  private mutating func interpret(_ name: StaticString, _ kind: Slot, _ id: UInt32) {
    separate()
    text.append(name)
    place(kind, id)
  }
}

/// The same of one task, and its title, rendered once and kept for the records that follow.
struct SubjectTexts: ~Copyable {
  private struct Kept {
    let view: UInt64
    let start: Int
    let end: Int
  }

  /// Of so many views at a time; a task is seen in one for each container around it.
  private static let most = 8

  private var text = TextBuffer(capacity: 256)
  private let kept = UnsafeMutablePointer<Kept>.allocate(capacity: Self.most)
  private var count = 0
  private var title: Range<Int>?

  deinit { kept.deallocate() }

  /// Forgets everything: the task has changed.
  mutating func removeAll() {
    text.removeAll()
    count = 0
    title = nil
  }

  /// Appends the subject of `process`, whose texts these are.
  @inline(__always)
  mutating func append(
    subject process: ProcessEvent, in view: NamespaceView, to target: inout TextBuffer
  ) {
    for index in 0..<count where kept[index].view == view.number {
      let range = kept[index].start..<kept[index].end
      return target.append(UnsafeRawBufferPointer(rebasing: text.bytes[range]))
    }
    keep(process, in: view)
    append(subject: process, in: view, to: &target)
  }

  @inline(never)
  private mutating func keep(_ process: ProcessEvent, in view: NamespaceView) {
    if count == Self.most { removeAll() }
    let start = text.count
    text.append(subject: process, in: view)
    (kept + count).initialize(to: Kept(view: view.number, start: start, end: text.count))
    count += 1
  }

  /// Appends the title of `process`, as PROCTITLE has it.
  @inline(__always)
  mutating func append(titleOf process: ProcessEvent, to target: inout TextBuffer) {
    if title == nil {
      let start = text.count
      text.append(titleOf: process)
      title = start..<text.count
    }
    if let title { target.append(UnsafeRawBufferPointer(rebasing: text.bytes[title])) }
  }
}

extension TextBuffer {
  mutating func append(titleOf process: ProcessEvent) {
    append(title: process.title ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }
}
