import Glibc

/// Files of /proc, read whole; nil when the process is gone.
enum ProcessFile {
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = path.withPath { open($0, O_RDONLY | O_CLOEXEC) }
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

  /// The number of every process.
  static func processes() -> [UInt32] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [UInt32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let pid = UInt32(name) { found.append(pid) }
    }
    return found
  }

  /// The number of its parent.
  static func parent(_ pid: UInt32) -> UInt32? {
    lines("/proc/\(pid)/status").flatMap { numbers($0, "PPid").first }
  }

  /// A number of /proc/PID/stat: proc_pid_stat(5) counts the fields from 1, of which those from the third on can be had.
  static func statField(_ pid: UInt32, _ field: Int) -> UInt64? {
    read("/proc/\(pid)/stat").flatMap { statField($0, field) }
  }

  /// The same of a file that was read.
  static func statField(_ text: [UInt8], _ field: Int) -> UInt64? {
    // The second is a name, in which there may be anything.
    guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
    return fields.dropFirst(field - 3).first.flatMap {
      UInt64(String(decoding: $0, as: UTF8.self))
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
    read("/proc/\(pid)/cgroup").flatMap { cgroupPath(in: $0) }
  }

  /// The same of a file that was read.
  static func cgroupPath(in text: [UInt8]) -> String? {
    text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "0::".utf8) }.map {
      String(path: $0.dropFirst(3))
    }
  }
}
