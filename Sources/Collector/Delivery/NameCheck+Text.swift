internal import AuditRecords
import CNestaudit
import Glibc

/// Whether a name is a path, by the text alone.
extension NameCheck {
  static let slash = UInt8(ascii: "/")
  static let queues: UInt32 = 0x1980_0202  // MQUEUE_MAGIC
  static let processes: UInt32 = 0x9fa0  // PROC_SUPER_MAGIC

  /// Whether a name is the path of the file itself, no link in it.
  static func isPath(
    _ own: UnsafeRawBufferPointer, of object: event_object, by name: UnsafeRawBufferPointer,
    from base: UnsafeRawBufferPointer?, _ process: ProcessEvent
  ) -> Bool {
    if isEqual(own, to: name, from: object.magic == queues ? nil : base) { return true }
    var own = PathParts(own)
    var asked = PathParts(name)
    if name.first != slash, object.magic != queues, let base {
      var above = PathParts(base)
      while let part = above.next() {
        guard let of = own.next(), isEqual(of, part) else { return false }
      }
    }
    var before: UnsafeRawBufferPointer?
    while let part = asked.next() {
      if part.elementsEqual("..".utf8) { return false }
      guard var of = own.next() else { return false }
      if object.magic == processes, before?.elementsEqual("proc".utf8) == true {
        // fs/proc/self.c, and the links beside it: they lead to the task's own directory.
        if part.elementsEqual("self".utf8) || part.elementsEqual("thread-self".utf8)
          || part.elementsEqual("mounts".utf8) || part.elementsEqual("net".utf8)
        {
          guard isNumber(of, of: process) else { return false }
          if part.elementsEqual("thread-self".utf8) {
            guard own.next()?.elementsEqual("task".utf8) == true, own.next() != nil else {
              return false
            }
          } else if !part.elementsEqual("self".utf8) {
            guard let next = own.next() else { return false }
            of = next
            guard isEqual(of, part) else { return false }
          }
          before = part
          continue
        }
      }
      guard isEqual(of, part) || isRemoved(of, part, isLast: own.isAtEnd) else { return false }
      before = part
    }
    return own.isAtEnd
  }

  /// Whether a name is that path byte for byte, as most are.
  static func isEqual(
    _ own: UnsafeRawBufferPointer, to name: UnsafeRawBufferPointer,
    from base: UnsafeRawBufferPointer?
  ) -> Bool {
    if name.first == slash { return isEqual(own, name) }
    guard let base, !name.isEmpty, !base.isEmpty else { return false }
    let length = base.count == 1 ? 0 : base.count
    guard own.count == length + 1 + name.count, own[length] == slash else { return false }
    return isEqual(
      UnsafeRawBufferPointer(rebasing: own[..<length]),
      UnsafeRawBufferPointer(rebasing: base[..<length]))
      && isEqual(UnsafeRawBufferPointer(rebasing: own[(length + 1)...]), name)
  }

  static func isEqual(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer)
    -> Bool
  {
    one.count == other.count && memcmp(one.baseAddress!, other.baseAddress!, one.count) == 0
  }

  /// The file has lost its name since: fs/d_path.c.
  static func isRemoved(
    _ own: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer, isLast: Bool
  ) -> Bool {
    let mark = " (deleted)".utf8
    return isLast && own.count == part.count + mark.count && own.starts(with: part)
      && own.suffix(mark.count).elementsEqual(mark)
  }

  /// Whether a text is the task's own number in some PID namespace.
  private static func isNumber(_ text: UnsafeRawBufferPointer, of process: ProcessEvent) -> Bool {
    var number: UInt32 = 0
    for byte in text {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return false }
      number = number &* 10 &+ UInt32(byte - UInt8(ascii: "0"))
    }
    return process.pids.contains { $0.tgid == number }
  }

  static func lastPart(_ path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var parts = PathParts(path)
    var last: UnsafeRawBufferPointer?
    while let part = parts.next() { last = part }
    return last
  }

  /// What goes before the last name of a path.
  static func directory(of path: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let last = lastPart(path), let start = path.baseAddress, let at = last.baseAddress else {
      return path
    }
    return UnsafeRawBufferPointer(start: start, count: at - start)
  }
}

/// The names of a path between its slashes, but for those that stay where they are.
struct PathParts {
  private let text: UnsafeRawBufferPointer
  private var at = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// Whether nothing is left.
  var isAtEnd: Bool {
    var rest = self
    return rest.next() == nil
  }

  mutating func next() -> UnsafeRawBufferPointer? {
    let slash = UInt8(ascii: "/")
    while at < text.count {
      if text[at] == slash {
        at += 1
        continue
      }
      let start = at
      while at < text.count, text[at] != slash { at += 1 }
      if at - start == 1, text[start] == UInt8(ascii: ".") { continue }
      return UnsafeRawBufferPointer(rebasing: text[start..<at])
    }
    return nil
  }
}
