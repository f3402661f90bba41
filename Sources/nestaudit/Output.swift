import Glibc

/// Standard output in batches: nothing is written before `flush()`, unless the batch is large.
struct Output: ~Copyable {
  private static let batch = 1 << 16
  private var pending: [UInt8] = []

  /// Whoever reads may go away, and the user may press ^C: both are a regular end.
  init() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGINT) { _ in _exit(0) }
  }

  mutating func append(_ text: String) { append(bytes: text.utf8) }

  mutating func append(bytes: some Sequence<UInt8>) {
    pending.append(contentsOf: bytes)
    if pending.count >= Self.batch { flush() }
  }

  mutating func flush() {
    guard !pending.isEmpty else { return }
    let code = Self.write(pending, to: STDOUT_FILENO)
    pending.removeAll(keepingCapacity: true)
    guard code != 0 else { return }
    if code != EPIPE { complain("standard output: \(String(cString: strerror(code)))") }
    exit(code == EPIPE ? 0 : 1)
  }

  /// Writes everything; returns 0 or the errno.
  @discardableResult
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&ready, 1, -1)
          continue
        }
        return errno
      }
      done += count
    }
    return 0
  }
}
