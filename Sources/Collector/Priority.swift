import Glibc

/// How the collector stands beside what it audits: what is late is lost, or has forgotten who it was.
enum Priority {
  /// auditd's own: auditd.conf(5), priority_boost.
  static let nice: Int32 = -4

  /// Raises that of the calling thread and of those that it starts; to be called while CAP_SYS_NICE is there.
  ///
  /// Where the kernel shares the processors out to sessions first, nice values count within one session only: then that
  /// of the session is raised as well, if the collector leads it. Others' would be raised with it.
  /// - Returns: false if that of the session counts and is not raised: it is another's.
  static func raise() -> Bool {
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, nice)
    guard isSharedBySession else { return true }
    guard getsid(0) == getpid() else { return false }
    guard let file = fopen(session, "we") else { return false }
    fputs(String(nice), file)
    return fclose(file) == 0
  }

  /// sched(7), "The autogroup feature". Of a session that is as old as the machine's start it says nothing: that one
  /// stands beside the others as itself, and nice values count there.
  private static let session = "/proc/self/autogroup"

  private static var isSharedBySession: Bool {
    begins("/proc/sys/kernel/sched_autogroup_enabled", with: "1") && begins(session, with: "/")
  }

  private static func begins(_ path: String, with first: Unicode.Scalar) -> Bool {
    guard let file = fopen(path, "re") else { return false }
    defer { fclose(file) }
    return fgetc(file) == Int32(first.value)
  }
}
