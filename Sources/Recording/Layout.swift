import CNestaudit

/// How events are laid out in memory: a recording can be read by those programs alone that lay them out alike.
enum Layout {
  /// The version that is counted up with every change (bpf/event.h) …
  static let version = UInt32(EVENT_ABI_VERSION)

  /// … and the sizes, in case one was forgotten.
  static let sizes = [
    MemoryLayout<event_header>.size, MemoryLayout<event_section>.size,
    MemoryLayout<event_syscall>.size, MemoryLayout<event_process>.size,
    MemoryLayout<event_argv>.size, MemoryLayout<event_container>.size,
    MemoryLayout<event_cgroup>.size, MemoryLayout<event_fork>.size,
    MemoryLayout<event_target>.size, MemoryLayout<event_target_pid>.size,
    MemoryLayout<event_touched>.size, MemoryLayout<event_object>.size,
    MemoryLayout<event_link>.size, MemoryLayout<event_pids>.size,
    MemoryLayout<event_exec_caps>.size, MemoryLayout<event_request>.size,
    MemoryLayout<event_message>.size,
  ].map(String.init).joined(separator: ",")
}
