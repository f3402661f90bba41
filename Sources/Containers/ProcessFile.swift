import Glibc

/// Files of /proc, read whole; nil when the process is gone.
enum ProcessFile {
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { return content }
      content += chunk[0..<count]
    }
  }

  static func lines(_ path: String) -> [Substring]? {
    // By bytes: a line that ends with a carriage return, as a cgroup's may, is a line of its own.
    read(path).map { content in
      content.split(separator: UInt8(ascii: "\n")).map { Substring(decoding: $0, as: UTF8.self) }
    }
  }

  /// The numbers of a line such as "NSpid:\t123\t1".
  static func numbers(_ lines: [Substring], _ name: String) -> [UInt32] {
    guard let line = lines.first(where: { $0.hasPrefix(name + ":") }) else { return [] }
    return line.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).compactMap {
      UInt32($0)
    }
  }

  /// The inode of /proc/PID/ns/NAME.
  static func namespace(_ pid: UInt32, _ name: String) -> UInt32? {
    var status = stat()
    guard stat("/proc/\(pid)/ns/\(name)", &status) == 0 else { return nil }
    return UInt32(truncatingIfNeeded: status.st_ino)
  }

  static func idMap(_ pid: UInt32, _ name: String) -> [IDExtent]? {
    lines("/proc/\(pid)/\(name)")?.compactMap { line in
      let numbers = line.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
      guard numbers.count == 3 else { return nil }
      return IDExtent(first: numbers[0], lower: numbers[1], count: numbers[2])
    }
  }

  /// The path in the v2 hierarchy, from /proc/PID/cgroup.
  static func cgroupPath(_ pid: UInt32) -> String? {
    lines("/proc/\(pid)/cgroup")?.first { $0.hasPrefix("0::") }.map { String($0.dropFirst(3)) }
  }
}
