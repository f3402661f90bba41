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
  static let label = label(of: "self")

  private static let labelLimit = 1024

  /// The security label of a process, as the LSM prints it; nil if none gives one, or it is nothing for a log.
  static func label(of process: String) -> String? {
    guard let file = fopen("/proc/\(process)/attr/current", "re") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: labelLimit)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let bytes = text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number in a file of /proc, 4294967295 (unset) if there is none.
  static func number(_ path: String) -> UInt32 {
    guard let file = fopen(path, "re") else { return .max }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 16)
    guard fgets(&text, Int32(text.count), file) != nil else { return .max }
    return UInt32(strtoul(text, nil, 10))
  }
}
