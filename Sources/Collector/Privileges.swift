import CNestaudit
import Glibc

/// What the collector may still do once its programs are loaded: not much more than to read.
enum Privileges {
  /// - CAP_BPF: tables, the state of programs, and attaching one that is loaded.
  /// - CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE: roots and executables of containers, whoever owns them.
  private static let kept = [CAP_BPF, CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE]

  /// Gives up the rest. Must be called before another thread is started: it holds for this one and its
  /// children.
  static func drop() throws(CollectorError) {
    let mask = kept.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
    let failed = nestaudit_keep_capabilities(mask)
    if failed != 0 {
      let reason = String(cString: strerror(-failed))
      throw CollectorError(
        "privileges cannot be given up: \(reason); start it as root with all capabilities")
    }
  }
}
