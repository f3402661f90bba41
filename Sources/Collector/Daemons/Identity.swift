internal import Containers
import Glibc

/// What DAEMON_START says of the collector itself.
enum Identity {
  static let kernel: String = {
    var name = utsname()
    uname(&name)
    return withUnsafeBytes(of: &name.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }()

  /// The collector as a process.
  static let own = ProcessIdentity(of: UInt32(getpid()))
}
