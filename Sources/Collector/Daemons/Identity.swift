internal import Containers
import Glibc

/// What DAEMON_START says of the collector itself.
enum Identity {
  static let kernel = text(of: \.release)

  /// The machine's name.
  static let machine = text(of: \.nodename)

  private static func text<Field>(of field: KeyPath<utsname, Field>) -> String {
    var names = utsname()
    uname(&names)
    return withUnsafeBytes(of: names[keyPath: field]) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The collector as a process.
  static let own = ProcessIdentity(of: UInt32(getpid()))
}
