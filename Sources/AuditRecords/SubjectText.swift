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

  /// The title as PROCTITLE has it.
  mutating func append(titleOf process: ProcessEvent) {
    append(title: process.title ?? UnsafeRawBufferPointer(start: nil, count: 0))
  }
}
