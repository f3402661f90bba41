import Glibc

/// Where something is mounted in the mount namespace of a process, as paths in its root
/// (proc_pid_mountinfo(5)).
public struct MountPoints: Sendable {
  /// A container can mount without end: what is beyond is not looked at.
  public static let mostBytes = 1 << 20

  private var paths: [String] = []
  /// Whether there were more than `mostBytes` tell.
  public private(set) var isCut = false

  /// Reads them now; none if the process is gone.
  public init(ofProcess pid: UInt32) {
    guard let file = fopen("/proc/\(pid)/mountinfo", "re") else { return }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    var read = 0
    while case let length = getline(&line, &capacity, file), length > 0, let line {
      read += length
      if read > Self.mostBytes {
        isCut = true
        return
      }
      let fields = UnsafeRawBufferPointer(start: line, count: length).split(
        separator: UInt8(ascii: " "), maxSplits: 5)
      if fields.count > 4 { paths.append(Self.unescaped(fields[4])) }
    }
  }

  /// For a test, or a text that was read otherwise.
  init(paths: [String]) { self.paths = paths }

  /// Those below a directory, at most `limit`.
  public func below(_ directory: String, limit: Int) -> [String] {
    Array(paths.lazy.filter { $0.isPath(below: directory) }.prefix(limit))
  }

  /// fs/seq_file.c, mangle_path: blanks and the like are written as three octal digits.
  static func unescaped(_ bytes: some Collection<UInt8>) -> String {
    var text: [UInt8] = []
    var rest = Array(bytes)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) })
      {
        text.append(digits.reduce(0) { $0 &* 8 &+ ($1 - UInt8(ascii: "0")) })
        rest = rest.dropFirst(3)
      } else {
        text.append(byte)
      }
    }
    return String(path: text)
  }
}
