internal import AuditRecords
internal import AuditRules
import CNestaudit

/// The names of one event as rules see them: the object where it is known, and the text, absolute and without
/// `.` and `..`.
///
/// The memory is made once and used for every event.
struct EventNames: ~Copyable {
  private static let capacity = 2 * Int(EVENT_PATH_MAX) + 2
  private static let mostNames = 8
  private let memory: UnsafeMutableRawBufferPointer
  private let items: UnsafeMutablePointer<RuleName>
  private var count = 0

  init() {
    memory = .allocate(byteCount: Self.mostNames * Self.capacity, alignment: 1)
    items = .allocate(capacity: Self.mostNames)
    items.initialize(repeating: RuleName(), count: Self.mostNames)
  }

  deinit {
    memory.deallocate()
    items.deallocate()
  }

  /// The names read last.
  var names: UnsafeBufferPointer<RuleName> { UnsafeBufferPointer(start: items, count: count) }

  /// Takes the names that `renderer` has planned for `event`.
  /// - Parameters:
  ///   - first: number of the event's first name among those that were planned.
  ///   - readsText: the texts are paths of the daemon's own container.
  mutating func read(
    _ event: SyscallEvent, from renderer: borrowing EventRenderer, first: Int = 0,
    view: NamespaceView, readsText: Bool
  ) {
    count = min(renderer.nameCount - first, Self.mostNames)
    for index in 0..<count {
      let planned = renderer.name(first + index)
      var name = RuleName()
      if let object = planned.object {
        name.hasObject = true
        name.isDoubtful =
          UInt32(event.fixed.header.flags) & EVENT_SHARED_FILES.rawValue != 0
          && Self.isBehindDescriptor(object)
        name.dev = object.dev
        name.ino = object.ino
        name.rdev = object.rdev
        name.mode = object.mode
        name.uid = view.uid(object.uid)
        name.gid = view.gid(object.gid)
        name.filesystem = object.magic
        name.chain = planned.chain
      }
      if readsText, let text = planned.text, !text.isEmpty {
        let slice = UnsafeMutableRawBufferPointer(
          rebasing: memory[index * Self.capacity..<(index + 1) * Self.capacity])
        name.text = Self.normalise(text, base: Self.base(of: text, in: event), into: slice)
      }
      items[index] = name
    }
  }

  /// What an exec runs is told by the kernel itself.
  private static func isBehindDescriptor(_ object: event_object) -> Bool {
    switch UInt32(object.role) {
    case OBJECT_OPENED.rawValue, OBJECT_PARENT.rawValue, OBJECT_DESCRIPTOR.rawValue: true
    default: false
    }
  }

  /// The directory that a relative name begins at: that of the descriptor beside it, or the working directory.
  static func base(
    of text: UnsafeRawBufferPointer, in event: SyscallEvent
  ) -> UnsafeRawBufferPointer? {
    for index in 0..<2 {
      guard let path = event.section(SECTION_PATH, index: index), let start = path.baseAddress,
        let address = text.baseAddress, address >= start, address < start + path.count
      else { continue }
      return event.section(SECTION_DIRECTORY, index: index) ?? event.section(SECTION_CWD, index: 0)
    }
    return event.section(SECTION_CWD, index: 0)
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
