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

  static let auid = number("/proc/self/loginuid")
  static let session = number("/proc/self/sessionid")

  /// The number in a file of /proc, 4294967295 (unset) if there is none.
  static func number(_ path: String) -> UInt32 {
    guard let file = fopen(path, "re") else { return .max }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 16)
    guard fgets(&text, Int32(text.count), file) != nil else { return .max }
    return UInt32(strtoul(text, nil, 10))
  }
}
