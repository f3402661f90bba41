import Glibc

/// How long the kernel goes through a program before it takes it, to share the work among threads.
enum ProgramWeights {
  /// In ten thousand instructions that Linux 6.18 goes through; what is not here has about one.
  private static let known: [String: Int] = [
    "nestaudit_sys_exit": 15, "nestaudit_process_exec": 12, "nestaudit_process_exit": 9,
    "nestaudit_process_fork": 9, "nestaudit_find_clock": 4, "nestaudit_path_rename": 4,
    "nestaudit_sys_enter": 3, "nestaudit_signal": 3, "nestaudit_consume_skb": 3,
    "nestaudit_fanotify": 3, "nestaudit_console": 2, "nestaudit_signal_deliver": 2,
    "nestaudit_audit_receive": 2, "nestaudit_function": 15, "nestaudit_function_unused": 15,
    "nestaudit_loginuid_written": 9, "nestaudit_netlink_sent": 9, "nestaudit_exit": 9,
    "nestaudit_submit_req": 5, "nestaudit_submit_sqe": 5, "nestaudit_request_waits": 4,
    "nestaudit_request_queued": 4, "nestaudit_request_completed": 4,
    "nestaudit_request_overflow": 4, "nestaudit_request_end": 4,
  ]

  /// More threads would wait for each other, and for the one that takes longest.
  private static let mostShares = 4

  /// The programs in as many parts as there are processors, of about the same weight.
  static func shares(of programs: [String]) -> [[String]] {
    let count = min(max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1), mostShares)
    var shares = [(weight: Int, names: [String])](repeating: (0, []), count: count)
    let byWeight = programs.map { (weight: known[$0] ?? 1, name: $0) }
      .sorted { ($1.weight, $0.name) < ($0.weight, $1.name) }
    for program in byWeight {
      let lightest = shares.indices.min { shares[$0].weight < shares[$1].weight }!
      shares[lightest].weight += program.weight
      shares[lightest].names.append(program.name)
    }
    return shares.map(\.names).filter { !$0.isEmpty }
  }
}
