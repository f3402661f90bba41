import Glibc

/// Waits until something happens to a log, by inotify on the logs' directories: a rotation is seen
/// there, and a log that does not exist yet cannot be watched itself.
struct TailWatch: ~Copyable {
  /// How long a directory that does not exist is left alone.
  private static let retry: Int32 = 500

  private let descriptor: Int32
  private var watches: [String: Int32] = [:]
  private let directories: Set<String>

  init(paths: [String]) throws {
    directories = Set(paths.map(Self.directory))
    descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
    guard descriptor >= 0 else {
      throw Failure("inotify: \(String(cString: strerror(errno)))")
    }
    addMissing()
  }

  deinit { close(descriptor) }

  /// Blocks until a log may have changed, or for `milliseconds` unless that is nil. Returns
  /// whether something happened.
  mutating func wait(milliseconds: Int32?) -> Bool {
    var limit = milliseconds ?? -1
    if watches.count < directories.count { limit = limit < 0 ? Self.retry : min(limit, Self.retry) }
    var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, limit) > 0 else {
      return addMissing()
    }
    drain()
    addMissing()
    return true
  }

  /// Returns whether a directory has turned up.
  @discardableResult
  private mutating func addMissing() -> Bool {
    var isNew = false
    for directory in directories where watches[directory] == nil {
      let mask = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
      let watch = inotify_add_watch(descriptor, directory, UInt32(mask))
      if watch >= 0 {
        watches[directory] = watch
        isNew = true
      }
    }
    return isNew
  }

  private mutating func drain() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return }
      buffer.withUnsafeBytes { bytes in
        var index = 0
        while index + MemoryLayout<inotify_event>.size <= count {
          let event = bytes.loadUnaligned(fromByteOffset: index, as: inotify_event.self)
          index += MemoryLayout<inotify_event>.size + Int(event.len)
          handle(event)
        }
      }
    }
  }

  /// A directory that went away is looked for again.
  private mutating func handle(_ event: inotify_event) {
    guard event.mask & UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) != 0 else { return }
    guard let gone = watches.first(where: { $0.value == event.wd })?.key else { return }
    watches[gone] = nil
    if event.mask & UInt32(IN_MOVE_SELF) != 0 { inotify_rm_watch(descriptor, event.wd) }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
