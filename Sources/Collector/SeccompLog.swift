import CNestaudit
import Glibc

/// Which actions of seccomp the kernel logs at all. The tracepoints do not tell: BPF is told.
enum SeccompLog {
  /// kernel/seccomp.c: the names in kernel.seccomp.actions_logged.
  private static let bits: [(name: String, bit: seccomp_logged)] = [
    ("kill_process", SECCOMP_LOG_KILL_PROCESS), ("kill_thread", SECCOMP_LOG_KILL_THREAD),
    ("trap", SECCOMP_LOG_TRAP),
  ]

  /// enum seccomp_logged: what the sysctl says now; nothing on a kernel without it.
  static func read(_ path: String = "/proc/sys/kernel/seccomp/actions_logged") -> UInt32 {
    guard let file = fopen(path, "re") else { return 0 }
    defer { fclose(file) }
    var text = [UInt8](repeating: 0, count: 256)
    let length = fread(&text, 1, text.count, file)
    return parse(text[..<length])
  }

  static func parse(_ text: ArraySlice<UInt8>) -> UInt32 {
    text.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }.reduce(0) { set, name in
      set | (bits.first { name.elementsEqual($0.name.utf8) }?.bit.rawValue ?? 0)
    }
  }
}
