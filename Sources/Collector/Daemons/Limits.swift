import Glibc

/// Where auditctl's own default would be wrong for a daemon that never blocks the audited task.
enum Limits {
  /// Records that may wait for a log when the rules have no `-b`. The kernel's 64 counts on making the task wait.
  static let backlog = 65536
  /// Bytes that may wait for one file system, by all its logs without a `-b`, before that counts: disks stand still for tenths
  /// of a second.
  static let waitingForDisk = 64 << 20

  /// Lets the process have as many descriptors as it may: a daemon needs one for its rules and one for its log.
  static func raiseDescriptors() {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(resource, &limit)
  }
}
