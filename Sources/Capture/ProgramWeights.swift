import Glibc

/// How long the kernel goes through a program before it takes it, to share the work among threads.
enum ProgramWeights {
  /// In ten thousand instructions that Linux 6.18 goes through; what is not here has about one.
  private static let known: [String: Int] = [
    "nestaudit_sys_exit": 29, "nestaudit_process_exit": 30, "nestaudit_process_exec": 14,
    "nestaudit_process_fork": 11, "nestaudit_consume_skb": 9, "nestaudit_console": 4,
    "nestaudit_find_clock": 4, "nestaudit_signal": 4, "nestaudit_sys_enter": 3,
    "nestaudit_function": 29, "nestaudit_function_unused": 29, "nestaudit_loginuid_written": 29,
    "nestaudit_netlink_sent": 29, "nestaudit_submit_req": 24,
    "nestaudit_submit_sqe": 24, "nestaudit_request_waits": 22, "nestaudit_request_queued": 22,
    "nestaudit_request_completed": 22, "nestaudit_request_overflow": 22,
    "nestaudit_request_begin": 22, "nestaudit_request_end": 22,
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
