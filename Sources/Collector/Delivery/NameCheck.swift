internal import AuditRecords
import CNestaudit
internal import Capture
import Glibc

/// Holds the name of an open against what it opened, where the name was read from the caller's memory when the
/// call had ended: another thread can have rewritten it since the kernel read it.
///
/// Nearly every name is that of the file's own path, which needs no look at the file system. The others are looked
/// up again, by what the kernel has in its caches: nothing of a container can keep us waiting.
struct NameCheck: ~Copyable {
  private let identifier: FileIdentifier
  /// Names without an object are confirmed by nothing: there the kernel's own are the rule.
  private let isHooked: Bool
  private let outside: Outside
  /// A path to be looked up, with a NUL.
  private let path = UnsafeMutableRawBufferPointer.allocate(
    byteCount: 2 * Int(EVENT_PATH_MAX) + 2, alignment: 1)

  init(identifier: FileIdentifier, isHooked: Bool, outside: Outside) {
    self.identifier = identifier
    self.outside = outside
    self.isHooked = isHooked
  }

  deinit { path.deallocate() }

  /// Whether an event's names are the kernel's, or lead to the object that the kernel found.
  func confirms(_ event: SyscallEvent, of process: ProcessEvent, in entry: ContainerEntry) -> Bool {
    let flags = UInt32(event.fixed.header.flags)
    if flags & EVENT_CALLERS_NAMES.rawValue == 0 { return true }
    guard let object = event.object(0), UInt32(object.role) == OBJECT_OPENED.rawValue,
      let name = event.section(SECTION_PATH, index: 0)
    else { return !isHooked }
    let base =
      event.section(SECTION_DIRECTORY, index: 0) ?? event.section(SECTION_CWD, index: 0)
    var own = event.section(SECTION_OBJECT_NAME, index: 0)
    // A file without a name is asked for by that of its directory.
    if Self.isUnnamed(event) { own = own.map(Self.directory(of:)) }
    if let own, Self.isPath(own, of: object, by: name, from: base, process) {
      return true
    }
    if let numbered = event.object(2), UInt32(numbered.role) == OBJECT_NUMBERED.rawValue,
      Self.isSame(numbered, object), Self.isDescriptor(name)
    {
      return true
    }
    if Self.isProgram(name), object.ino == process.fixed.exe_ino,
      object.dev == process.fixed.exe_dev
    {
      return true
    }
    if let replayed = outside.replayed { return replayed.confirms(event.fixed.header) }
    let isLinked =
      object.magic == Self.processes
      && own.map { self.isLinked(to: $0, of: object, by: name, from: base, process, in: entry) }
        == true
    let isConfirmed =
      isLinked
      || isFound(
        object, by: name, own: own, from: base, process.fixed.tgid, in: entry,
        isShared: flags & EVENT_SHARED_MEMORY.rawValue != 0)
    outside.recorder?.nameCheck(event.fixed.header, in: entry, isConfirmed: isConfirmed)
    return isConfirmed
  }

  private static func isUnnamed(_ event: SyscallEvent) -> Bool {
    let fixed = event.fixed
    let oTmpfile: UInt64 = 0o20000000
    switch fixed.syscall {
    case 2 where fixed.arch != 0x4000_0003, 5: return fixed.args.1 & oTmpfile != 0
    case 257, 295: return fixed.args.2 & oTmpfile != 0
    default: return UInt64(fixed.open_flags) & oTmpfile != 0
    }
  }

  // MARK: Descriptors and the program

  private static func isSame(_ one: event_object, _ other: event_object) -> Bool {
    one.ino == other.ino && one.dev == other.dev
  }

  /// /dev/fd/N and what it leads to, /dev/stdin, /dev/stdout, /dev/stderr.
  private static func isDescriptor(_ name: UnsafeRawBufferPointer) -> Bool {
    var parts = PathParts(name)
    var before: UnsafeRawBufferPointer?
    var last: UnsafeRawBufferPointer?
    while let part = parts.next() { (before, last) = (last, part) }
    return before?.elementsEqual("fd".utf8) == true || last?.starts(with: "std".utf8) == true
  }

  private static func isProgram(_ name: UnsafeRawBufferPointer) -> Bool {
    name.elementsEqual("/proc/self/exe".utf8)
  }

  // MARK: By a lookup

  private struct Place {
    /// The task's own root; where it has ended, its container's.
    let root: Int32
    let entry: ContainerEntry
  }

  private func isFound(
    _ object: event_object, by name: UnsafeRawBufferPointer, own: UnsafeRawBufferPointer?,
    from base: UnsafeRawBufferPointer?, _ task: UInt32, in entry: ContainerEntry, isShared: Bool
  ) -> Bool {
    var root = nestaudit_open_root(task)
    if root < 0 { root = Self.openRoot(of: entry) }
    if root < 0 { return false }
    defer { close(root) }
    let place = Place(root: root, entry: entry)
    var leadsNowhere = true
    for flags in [0, O_NOFOLLOW] {
      guard let found = lookUp(name, from: base, flags, place) else { continue }
      if found.ino == object.ino, found.dev == object.dev { return true }
      leadsNowhere = false
    }
    // What it led through may be gone as well: there the word of a task alone with its memory holds.
    if leadsNowhere, !isShared { return true }
    // The file may be gone or another one by now: its name in its directory is not.
    guard let own, let last = Self.lastPart(own), let asked = Self.lastPart(name),
      Self.isEqual(last, asked) || Self.isRemoved(last, asked, isLast: true),
      let directory = lookUp(Self.directory(of: name), from: base, 0, place),
      let above = lookUp(Self.directory(of: own), from: nil, 0, place)
    else { return false }
    return directory.ino == above.ino && directory.dev == above.dev
  }

  /// Whether a name is a link to a file of the task's own directory in /proc, as /etc/mtab is: looked up by us,
  /// that would be another one.
  private func isLinked(
    to own: UnsafeRawBufferPointer, of object: event_object, by name: UnsafeRawBufferPointer,
    from base: UnsafeRawBufferPointer?, _ process: ProcessEvent, in entry: ContainerEntry
  ) -> Bool {
    let root = Self.openRoot(of: entry)
    if root < 0 { return false }
    defer { close(root) }
    guard let text = absolute(name, from: base) else { return false }
    let opened = nestaudit_look_up(root, text, O_NOFOLLOW, true)
    if opened < 0 { return false }
    defer { close(opened) }
    let limit = Int(EVENT_PATH_MAX)
    return withUnsafeTemporaryAllocation(byteCount: 3 * limit, alignment: 1) { memory in
      let count = readlinkat(
        opened, "", memory.baseAddress!.assumingMemoryBound(to: CChar.self), limit)
      guard count > 0 else { return false }
      let link = UnsafeRawBufferPointer(rebasing: memory[..<count])
      let directory = Self.directory(of: UnsafeRawBufferPointer(start: text, count: strlen(text)))
      let target = EventNames.normalise(
        link, base: directory, into: UnsafeMutableRawBufferPointer(rebasing: memory[limit...]))
      return Self.isPath(own, of: object, by: target, from: nil, process)
    }
  }

  private static func openRoot(of entry: ContainerEntry) -> Int32 {
    if let container = entry.container { return nestaudit_open_root(container.initPID) }
    return Glibc.open("/", nestaudit_o_path | O_DIRECTORY | O_CLOEXEC)
  }

  private func lookUp(
    _ name: UnsafeRawBufferPointer, from base: UnsafeRawBufferPointer?, _ flags: Int32,
    _ place: Place
  ) -> file_identity? {
    guard let text = absolute(name, from: base) else { return nil }
    var opened = nestaudit_look_up(place.root, text, flags, true)
    if opened == -EAGAIN { opened = lookUpLocally(text, flags, place.entry) }
    if opened < 0 { return nil }
    defer { close(opened) }
    return identifier.identify(opened)
  }

  /// overlayfs keeps no links in a form that the caches alone give away.
  private func lookUpLocally(
    _ text: UnsafePointer<CChar>, _ flags: Int32, _ entry: ContainerEntry
  ) -> Int32 {
    let root = Self.openRoot(of: entry)
    if root < 0 { return -1 }
    defer { close(root) }
    return nestaudit_is_local(root) ? nestaudit_look_up(root, text, flags, false) : -1
  }

  private func absolute(
    _ name: UnsafeRawBufferPointer, from base: UnsafeRawBufferPointer?
  ) -> UnsafePointer<CChar>? {
    var length = 0
    func add(_ text: UnsafeRawBufferPointer) {
      if text.count == 0 { return }
      UnsafeMutableRawBufferPointer(rebasing: path[length...]).copyMemory(from: text)
      length += text.count
    }
    let limit = Int(EVENT_PATH_MAX)
    guard name.count <= limit, (base?.count ?? 0) <= limit else { return nil }
    if name.first != Self.slash {
      if let base { add(base) }
      path[length] = Self.slash
      length += 1
    }
    add(name)
    path[length] = 0
    return UnsafePointer(path.baseAddress!.assumingMemoryBound(to: CChar.self))
  }
}
