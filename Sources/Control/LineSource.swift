import Glibc

/// The lines of a log as they come from the collector, or the bytes of a recording.
public struct LineSource: ~Copyable {
  /// Longer than any record; whoever sends more without a newline is no collector.
  private static let longestLine = 1 << 20

  /// Whose log it is.
  public internal(set) var daemon = ""
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var isAtEnd = false

  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Whole lines that have come; waits for some.
  /// - Parameter milliseconds: for how long; nil is without end.
  /// - Returns: nil when there will be no more, none if none have come in time.
  public mutating func next(milliseconds: Int32?) throws(ControlError) -> [[UInt8]]? {
    var lines = takeLines()
    while lines.isEmpty {
      if isAtEnd { return nil }
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&ready, 1, milliseconds ?? -1)
      if count == 0 { return [] }
      if count < 0, errno != EINTR { throw .system(what: "poll", code: errno) }
      if count > 0 { try read("the collector") }
      lines = takeLines()
    }
    return lines
  }

  /// Bytes that have come, whatever they are; waits for some.
  /// - Parameter milliseconds: for how long.
  /// - Returns: nil when there will be no more, none if none have come in time.
  public mutating func nextBytes(milliseconds: Int32) throws(ControlError) -> [UInt8]? {
    if pending.isEmpty, !isAtEnd {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&ready, 1, milliseconds) > 0 { try read("the collector") }
    }
    if pending.isEmpty, isAtEnd { return nil }
    defer { pending = [] }
    return pending
  }

  /// One line, without its newline; nil at the end.
  mutating func nextLine(_ path: String) throws(ControlError) -> [UInt8]? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        return line
      }
      if isAtEnd { return nil }
      try read(path)
    }
  }

  private mutating func takeLines() -> [[UInt8]] {
    guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
    let lines = pending[..<end].split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
    ).map { Array($0) }
    pending.removeSubrange(...end)
    return lines
  }

  private mutating func read(_ path: String) throws(ControlError) {
    guard pending.count < Self.longestLine else { throw .refused("a line has no end") }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(descriptor, &chunk, chunk.count)
    if count < 0 {
      if errno == EINTR { return }
      throw .system(what: path, code: errno == EAGAIN ? ETIMEDOUT : errno)
    }
    if count == 0 { isAtEnd = true } else { pending += chunk[..<count] }
  }
}
