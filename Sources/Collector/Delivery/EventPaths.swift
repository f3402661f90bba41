internal import AuditRecords
internal import AuditRules
import CNestaudit

/// The paths of one event as rules see them: absolute, without `.` and `..`, with the object where it is known.
///
/// The memory is made once and used for every event.
struct EventPaths: ~Copyable {
  private static let capacity = 2 * Int(EVENT_PATH_MAX) + 2
  private let memory: UnsafeMutableRawBufferPointer
  private let items: UnsafeMutablePointer<RulePath>
  private var count = 0

  init() {
    memory = .allocate(byteCount: 2 * Self.capacity, alignment: 1)
    items = .allocate(capacity: Int(EVENT_OBJECTS_MAX) + 2)
  }

  deinit {
    memory.deallocate()
    items.deallocate()
  }

  /// The paths of the event given last.
  var paths: UnsafeBufferPointer<RulePath> { UnsafeBufferPointer(start: items, count: count) }

  /// Takes the paths and objects of `event`.
  mutating func read(_ event: SyscallEvent) {
    count = 0
    let cwd = event.section(SECTION_CWD, index: 0)
    for index in 0..<2 {
      guard let path = event.section(SECTION_PATH, index: index) else { continue }
      let base = event.section(SECTION_DIRECTORY, index: index) ?? cwd
      let slice = UnsafeMutableRawBufferPointer(
        rebasing: memory[index * Self.capacity..<(index + 1) * Self.capacity])
      append(Self.normalise(path, base: base, into: slice), nil)
    }
    for index in 0..<Int(EVENT_OBJECTS_MAX) {
      guard let object = event.object(index) else { continue }
      let role = UInt32(object.role)
      let named =
        role == OBJECT_OPENED.rawValue || role == OBJECT_EXECUTABLE.rawValue
      if named, count > 0 {
        items[0].dev = object.dev
        items[0].ino = object.ino
      } else if role == OBJECT_INTERPRETER.rawValue,
        let name = event.section(SECTION_OBJECT_NAME, index: index)
      {
        append(name, object)
      } else {
        append(UnsafeRawBufferPointer(start: nil, count: 0), object)
      }
    }
  }

  private mutating func append(_ name: UnsafeRawBufferPointer, _ object: event_object?) {
    (items + count).initialize(
      to: RulePath(name: name, dev: object?.dev ?? 0, ino: object?.ino ?? 0))
    count += 1
  }

  /// Joins `path` to `base` unless it is absolute, and takes out `.`, `..` and doubled slashes, by the text
  /// alone.
  static func normalise(
    _ path: UnsafeRawBufferPointer, base: UnsafeRawBufferPointer?,
    into memory: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let slash = UInt8(ascii: "/")
    var end = 0
    func add(_ text: UnsafeRawBufferPointer) {
      var start = 0
      while start < text.count {
        if text[start] == slash {
          start += 1
          continue
        }
        var stop = start
        while stop < text.count, text[stop] != slash { stop += 1 }
        let length = stop - start
        let dot = UInt8(ascii: ".")
        if length == 1, text[start] == dot {
        } else if length == 2, text[start] == dot, text[start + 1] == dot {
          while end > 0 {
            end -= 1
            if memory[end] == slash { break }
          }
        } else if end + length + 1 <= memory.count {
          memory[end] = slash
          UnsafeMutableRawBufferPointer(rebasing: memory[(end + 1)..<(end + 1 + length)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: text[start..<stop]))
          end += length + 1
        }
        start = stop
      }
    }
    if path.first != slash, let base { add(base) }
    add(path)
    if end == 0, memory.count > 0 {
      memory[0] = slash
      end = 1
    }
    return UnsafeRawBufferPointer(rebasing: memory[0..<end])
  }
}
