extension Capture {
  /// What costs others than those that a rule names, and is looked at only while one does.
  public enum Demand: CaseIterable {
    /// Every syscall when it begins, which costs each one of the machine some nanoseconds.
    case beginnings
    /// Every file whose time of change is set, to know what a rename has replaced.
    case changes
    /// Requests of io_uring.
    case requests

    /// Programs that are attached for it.
    var programs: [String] {
      switch self {
      case .beginnings: ["nestaudit_sys_enter"]
      case .changes: ["nestaudit_change", "nestaudit_change_exchanged", "nestaudit_change_skipped"]
      case .requests:
        // What ends a request comes first: one of which the end is not seen would be kept for ever.
        [
          "nestaudit_request_end", "nestaudit_request_begin", "nestaudit_request_completed",
          "nestaudit_request_overflow", "nestaudit_request_waits", "nestaudit_request_queued",
          "nestaudit_submit_req", "nestaudit_submit_sqe",
        ]
      }
    }
  }
}
