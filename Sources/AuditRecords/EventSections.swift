public import CNestaudit

/// The parts of variable length behind an event's fixed one, bounds-checked once.
///
/// Valid as long as the bytes are: during the call that handed them out, or until `ProcessTable` is next changed.
struct EventSections {
  let bytes: UnsafeRawBufferPointer
  private let start: Int
  /// A bit for each kind that is there; nearly all events have but a few.
  private let kinds: UInt64

  /// nil if a section reaches beyond the event.
  init?(_ bytes: UnsafeRawBufferPointer, after fixed: Int) {
    guard bytes.count >= fixed else { return nil }
    var at = fixed
    let head = MemoryLayout<event_section>.size
    var kinds: UInt64 = 0
    while at < bytes.count {
      guard at + head <= bytes.count else { return nil }
      let section = bytes.loadUnaligned(fromByteOffset: at, as: event_section.self)
      let length = Int(section.length)
      guard length <= bytes.count - at - head else { return nil }
      kinds |= 1 << (UInt64(section.kind) & 63)
      at += (head + length + 7) & ~7
    }
    self.bytes = bytes
    self.kinds = kinds
    start = fixed
  }

  @inline(__always)
  private func has(_ kind: section_kind) -> Bool { kinds >> UInt64(kind.rawValue & 63) & 1 == 1 }

  @inline(__always)
  func section(_ kind: section_kind, index: Int) -> UnsafeRawBufferPointer? {
    has(kind) ? find(kind, index) : nil
  }

  private func find(_ kind: section_kind, _ index: Int) -> UnsafeRawBufferPointer? {
    var at = start
    let head = MemoryLayout<event_section>.size
    while at < bytes.count {
      let section = bytes.loadUnaligned(fromByteOffset: at, as: event_section.self)
      let length = Int(section.length)
      if UInt32(section.kind) == kind.rawValue, Int(section.index) == index {
        return UnsafeRawBufferPointer(rebasing: bytes[(at + head)..<(at + head + length)])
      }
      at += (head + length + 7) & ~7
    }
    return nil
  }

  /// The first section of a kind, with its index, and where it ends.
  /// - Parameter place: where to look from; nil is the first of all sections.
  func first(
    _ kind: section_kind, from place: Int? = nil
  ) -> (index: Int, data: UnsafeRawBufferPointer, end: Int)? {
    guard has(kind) else { return nil }
    var at = place ?? start
    let head = MemoryLayout<event_section>.size
    while at < bytes.count {
      let section = bytes.loadUnaligned(fromByteOffset: at, as: event_section.self)
      let length = Int(section.length)
      if UInt32(section.kind) == kind.rawValue {
        let data = UnsafeRawBufferPointer(rebasing: bytes[(at + head)..<(at + head + length)])
        return (Int(section.index), data, at + (head + length + 7) & ~7)
      }
      at += (head + length + 7) & ~7
    }
    return nil
  }

  /// A section as an array of `Element`; a torn last one is left out.
  @inline(__always)
  func array<Element>(_ kind: section_kind, of: Element.Type) -> UnsafeBufferPointer<Element> {
    guard let data = section(kind, index: 0) else {
      return UnsafeBufferPointer(start: nil, count: 0)
    }
    return UnsafeBufferPointer(
      start: data.baseAddress?.assumingMemoryBound(to: Element.self),
      count: data.count / MemoryLayout<Element>.stride)
  }
}

/// EVENT_SYSCALL as it lies in the ring.
public struct SyscallEvent {
  private let sections: EventSections
  @usableFromInline let place: UnsafePointer<event_syscall>
  /// Its fixed part; read where it lies, since an event is handed on many times.
  @inlinable public var fixed: event_syscall { place.pointee }
  /// What went before.
  public var touched = TouchedFiles.none

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let sections = EventSections(bytes, after: MemoryLayout<event_syscall>.size),
      let place = bytes.place(of: event_syscall.self)
    else { return nil }
    self.sections = sections
    self.place = place
  }

  /// EVENT_REQUEST.
  var isRequest: Bool { UInt32(fixed.header.type) == EVENT_REQUEST.rawValue }

  /// The whole event.
  var bytes: UnsafeRawBufferPointer { sections.bytes }

  /// Whether something that the kernel read of the caller's memory was not there any more when the syscall had ended.
  public var isUnreadable: Bool {
    UInt32(fixed.header.flags) & EVENT_UNREADABLE.rawValue != 0
      && Errno(fixed.result) != .fault
  }

  /// The data of a section, nil if the event has none of that kind and index.
  @inline(__always)
  public func section(_ kind: section_kind, index: Int) -> UnsafeRawBufferPointer? {
    sections.section(kind, index: index)
  }

  /// What the first of the records of its own says, and of which type that is: `enum special_type`; `end` is where to
  /// look for the next.
  var special: (type: Int, data: UnsafeRawBufferPointer, end: Int)? { special(from: nil) }

  func special(from place: Int?) -> (type: Int, data: UnsafeRawBufferPointer, end: Int)? {
    sections.first(SECTION_SPECIAL, from: place).map { ($0.index, $0.data, $0.end) }
  }

  /// The object with this index.
  @inline(__always)
  public func object(_ index: Int) -> event_object? {
    guard let data = section(SECTION_OBJECT, index: index),
      data.count >= MemoryLayout<event_object>.size
    else { return nil }
    return data.loadUnaligned(as: event_object.self)
  }

  /// An open that must make its file (O_EXCL with O_CREAT).
  var opensExclusively: Bool {
    let oExclCreat: UInt64 = 0o300
    let flags =
      switch SyscallNumber(of: self).x86_64 {
      case 2: fixed.args.1  // open
      case 257: fixed.args.2  // openat
      default: UInt64(fixed.open_flags)
      }
    return flags & oExclCreat == oExclCreat
  }

  /// An object and the directories above it, nearest first; empty where that is not told.
  @inline(__always)
  public func chain(ofObject index: Int) -> UnsafeBufferPointer<event_link> {
    if index >= Self.firstTouched { return touched.chain(index - Self.firstTouched) }
    guard let data = section(SECTION_CHAIN, index: index) else {
      return UnsafeBufferPointer(start: nil, count: 0)
    }
    return UnsafeBufferPointer(
      start: data.baseAddress?.assumingMemoryBound(to: event_link.self),
      count: data.count / MemoryLayout<event_link>.size)
  }

  /// Indices of objects that were touched begin here.
  private static let firstTouched = Int(EVENT_OBJECTS_MAX)

  /// What was in this role, by the syscall's path with this index; nil where no hook told it.
  @inline(__always)
  func touched(_ role: object_role, path: Int) -> (index: Int, object: event_object)? {
    if touched.count == 0 { return nil }
    return touched.file(role, path: path).map { (Self.firstTouched + $0.place, $0.object) }
  }

  /// The first object in this role, with its index.
  @inline(__always)
  func object(_ role: object_role) -> (index: Int, object: event_object)? {
    for index in 0..<Int(EVENT_OBJECTS_MAX) {
      if let object = object(index), UInt32(object.role) == role.rawValue { return (index, object) }
    }
    return nil
  }
}

/// EVENT_PROCESS: what stays the same for a task.
public struct ProcessEvent {
  private let sections: EventSections
  @usableFromInline let place: UnsafePointer<event_process>
  /// Its fixed part, read where it lies; all ids are the kernel's.
  @inlinable public var fixed: event_process { place.pointee }
  /// Tells what is kept of a task from all that was before; 0 where nothing is kept.
  public internal(set) var version: UInt64 = 0
  /// What records repeat of it, where that is kept.
  var texts: UnsafeMutablePointer<SubjectTexts>?

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let sections = EventSections(bytes, after: MemoryLayout<event_process>.size),
      let place = bytes.place(of: event_process.self)
    else { return nil }
    self.sections = sections
    self.place = place
  }

  /// The whole event, as it came.
  public var bytes: UnsafeRawBufferPointer { sections.bytes }

  /// Path of the executable; nil if the task has none.
  public var exe: UnsafeRawBufferPointer? { sections.section(SECTION_EXE, index: 0) }
  /// What EVENT_OWN says besides, and of which type of record.
  var special: (type: Int, data: UnsafeRawBufferPointer)? {
    sections.first(SECTION_SPECIAL).map { (type: $0.index, data: $0.data) }
  }
  /// What EVENT_USER says besides: who may have it written, and of which type it is.
  var message: event_message? {
    guard let data = sections.section(SECTION_MESSAGE, index: 0),
      data.count >= MemoryLayout<event_message>.size
    else { return nil }
    return data.loadUnaligned(as: event_message.self)
  }
  /// A part of the message's text; nil behind the last.
  func messageText(_ part: Int) -> UnsafeRawBufferPointer? {
    sections.section(SECTION_MESSAGE_TEXT, index: part)
  }
  /// First bytes of the command line.
  public var title: UnsafeRawBufferPointer? { sections.section(SECTION_PROCTITLE, index: 0) }
  /// The security label; nil where no LSM gives one.
  public var label: UnsafeRawBufferPointer? { sections.section(SECTION_LABEL, index: 0) }
  /// The task's numbers in every PID namespace it is in, the first namespace first.
  public var pids: UnsafeBufferPointer<event_pids> {
    sections.array(SECTION_PIDS, of: event_pids.self)
  }
  /// Supplementary groups, kernel ids.
  public var groups: UnsafeBufferPointer<UInt32> {
    sections.array(SECTION_GROUPS, of: UInt32.self)
  }
}

/// EVENT_ARGV: a part of the arguments of the execve that follows.
public struct ArgvEvent {
  /// Thread id in the first PID namespace.
  public let task: UInt32
  let offset: Int
  let data: UnsafeRawBufferPointer

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    let size = MemoryLayout<event_argv>.size
    guard bytes.count >= size else { return nil }
    let fixed = bytes.loadUnaligned(as: event_argv.self)
    guard Int(fixed.length) <= bytes.count - size else { return nil }
    task = fixed.header.task
    offset = Int(fixed.offset)
    data = UnsafeRawBufferPointer(rebasing: bytes[size..<(size + Int(fixed.length))])
  }
}

/// EVENT_CONTAINER: a container is born.
public struct ContainerEvent {
  private let sections: EventSections
  /// Its fixed part; `header.cgroup` is the container's root, `header.contid` the container around it.
  public let fixed: event_container

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let sections = EventSections(bytes, after: MemoryLayout<event_container>.size) else {
      return nil
    }
    self.sections = sections
    fixed = bytes.loadUnaligned(as: event_container.self)
  }

  /// A map of its user namespace: SECTION_UID_MAP or SECTION_GID_MAP.
  public func extents(_ kind: section_kind) -> UnsafeBufferPointer<event_id_extent> {
    sections.array(kind, of: event_id_extent.self)
  }

  /// The numbers of its first process, outermost first.
  public var pids: UnsafeBufferPointer<event_pids> {
    sections.array(SECTION_PIDS, of: event_pids.self)
  }

  /// From the root of the v2 hierarchy: "/a/b".
  public var cgroupPath: [UInt8] { sections.cgroupPath }
}

/// EVENT_FORK: a task made another one.
public struct ForkEvent {
  /// All of it.
  public let fixed: event_fork

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= MemoryLayout<event_fork>.size else { return nil }
    fixed = bytes.loadUnaligned(as: event_fork.self)
  }
}

/// EVENT_CGROUP: a cgroup was made, removed or joined.
public struct CgroupEvent {
  private let sections: EventSections
  /// All but the path.
  public let fixed: event_cgroup

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let sections = EventSections(bytes, after: MemoryLayout<event_cgroup>.size) else {
      return nil
    }
    self.sections = sections
    fixed = bytes.loadUnaligned(as: event_cgroup.self)
  }

  /// From the root of the v2 hierarchy: "/a/b".
  public var path: [UInt8] { sections.cgroupPath }
}

extension UnsafeRawBufferPointer {
  /// Where an event's fixed part lies; nil where nothing of its kind can: each event begins at a multiple of 8.
  fileprivate func place<Fixed>(of: Fixed.Type) -> UnsafePointer<Fixed>? {
    guard let baseAddress, UInt(bitPattern: baseAddress) % 8 == 0 else { return nil }
    return baseAddress.assumingMemoryBound(to: Fixed.self)
  }
}

extension EventSections {
  fileprivate var cgroupPath: [UInt8] {
    section(SECTION_CGROUP_PATH, index: 0).map { Array($0) } ?? [UInt8(ascii: "/")]
  }
}
