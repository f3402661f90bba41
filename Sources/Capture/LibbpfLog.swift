internal import CLibBPF
import Glibc
import Synchronization

/// Keeps what libbpf would print, so that an error can quote it in one line.
enum LibbpfLog {
  private static let first = Mutex<String?>(nil)

  /// Begins to listen; what was said before is forgotten.
  static func begin() {
    LibbpfLog.first.withLock { $0 = nil }
    libbpf_set_print { level, format, arguments in
      guard level == LIBBPF_WARN, let format, let arguments else { return 0 }
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { line in
        _ = vsnprintf(line.baseAddress!, line.count, format, arguments)
        let text = String(cString: line.baseAddress!)
        if let line = text.split(separator: "\n").first {
          LibbpfLog.first.withLock { $0 = $0 ?? String(line) }
        }
      }
      return 0
    }
  }

  /// The first warning, which names the program; without what follows its first line.
  static var firstLine: String? { LibbpfLog.first.withLock { $0 } }
}
