import CNestaudit

/// Which PATH items a syscall has: what getname, the lookup and the change of a directory leave behind in the
/// kernel (kernel/auditsc.c: __audit_getname, __audit_inode, __audit_inode_child), told from the syscall and
/// its result.
struct PathPlan: ~Copyable {
  enum NameType: Sendable {
    case normal, parent, create, delete, unknown

    var name: StaticString {
      switch self {
      case .normal: "NORMAL"
      case .parent: "PARENT"
      case .create: "CREATE"
      case .delete: "DELETE"
      case .unknown: "UNKNOWN"
      }
    }
  }

  struct Item {
    /// nil is (null).
    var name: UnsafeRawBufferPointer?
    var type: NameType
    var object: event_object?
    /// SECTION_CHAIN of the object.
    var chain = UnsafeBufferPointer<event_link>(start: nil, count: 0)
    /// audit_inode_parent_hidden: it counts, and no record tells of it.
    var isHidden = false
    /// The name is one of a message queue, not a path.
    var isQueue = false
    /// The name was read from the caller's memory, and nothing shows that it is the kernel's.
    var isUnconfirmed = false
    /// What is known of its file's capabilities.
    var capabilities = KnownCapabilities.told(.none)
  }

  /// A syscall has a few, but in one many requests of io_uring can be run.
  private var items = FlatArray<Item>(capacity: 8)

  var count: Int { items.count }

  subscript(index: Int) -> Item { items[index] }

  /// Plans the items of an event.
  /// - Parameters:
  ///   - loaderName: name of an execve's dynamic loader, where it is known.
  ///   - milliseconds: when it ended, since 1970.
  mutating func make(
    for event: SyscallEvent, loaderName: UnsafeRawBufferPointer?, milliseconds: Int64
  ) {
    items.removeAll()
    append(event, loaderName: loaderName, milliseconds: milliseconds)
  }

  /// Forgets them.
  mutating func removeAll() { items.removeAll() }

  /// Plans the items of another event of the same syscall.
  mutating func append(
    _ event: SyscallEvent, loaderName: UnsafeRawBufferPointer?, milliseconds: Int64
  ) {
    let result = event.fixed.result
    let first = event.heardName(0)
    let second = event.heardName(1)
    let kind = PathKind(event)
    // It was not to wait: what it comes to is told when it is run again.
    if event.isRequest, Errno(result) == .again {
      if let first { add(first, .unknown) }
      if let second { add(second, .unknown) }
      return
    }
    if event.isUnreadable, planUnreadable(event, kind, first, second) { return }
    switch kind {
    case .none: planAddress(event)
    case .gotAddress: break
    case .descriptor:
      if Errno(result) != .badDescriptor, let found = event.object(OBJECT_DESCRIPTOR) {
        add(nil, .normal, event, found)
      }
    case .lookup: if let first { addLookup(first, event, 0) }
    case .unmount:
      if let first { addLookup(first, event, 0) }
      // fs/namei.c, LOOKUP_MOUNTPOINT: a file system that does not answer is not to be asked.
      if count == 1, items[0].type == .normal { items.place(0).pointee.capabilities = .unknown }
    case .lookups:
      if let first { addLookup(first, event, 0) }
      let isFirstFound = event.touched(OBJECT_FOUND, path: 0) != nil
      if let second, result >= 0 || isFirstFound || Errno(result) != .noEntry {
        addLookup(second, event, 1)
      }
    case .mount:
      if let second { addLookup(second, event, 1) }
      if let first, Self.isLookedUp(source: first, flags: event.fixed.args.3) {
        addSource(first, event)
      }
    case .open(let creates): if let first { planOpen(event, first, creates) }
    case .create: if let first { addCreation(first, event, 0) }
    case .remove(let directory): if let first { addRemoval(first, event, directory) }
    case .rename: planRename(first, second, event)
    case .link: planLink(first, second, event)
    case .symlink: planSymlink(first, second, event)
    case .exec: planExec(event, first, loaderName)
    case .openQueue: if let first { addOpenedQueue(first, event, milliseconds) }
    case .unlinkQueue: if let first { addRemovedQueue(first, event) }
    case .useQueue: addUsedQueue(event)
    }
  }

  /// A name that could not be read is (null), as the kernel's audit shows a name that it does not have.
  /// - Returns: false if it is something else that could not be read.
  private mutating func planUnreadable(
    _ event: SyscallEvent, _ kind: PathKind, _ first: UnsafeRawBufferPointer?,
    _ second: UnsafeRawBufferPointer?
  ) -> Bool {
    guard kind.names == 2 ? first == nil || second == nil : kind.names == 1 && first == nil else {
      return false
    }
    if let opened = event.object(OBJECT_OPENED) {
      add(nil, .normal, event, opened)
    } else {
      if kind.names == 2 { add(second, .unknown) }
      add(first, .unknown)
    }
    return true
  }

  // MARK: Families

  /// A Unix socket's name is looked up like a path (net/unix/af_unix.c, unix_find_bsd).
  private mutating func planAddress(_ event: SyscallEvent) {
    guard let address = event.section(SECTION_SOCKADDR, index: 0), address.count > 2,
      address.loadUnaligned(as: UInt16.self) == 1 /* AF_UNIX */, address[2] != 0
    else { return }
    let name = UnsafeRawBufferPointer(rebasing: address[2...]).untilNUL
    let result = event.fixed.result
    if SyscallNumber(of: event).isBind {
      if result >= 0 {
        addParent(name, event, event.touched(OBJECT_PARENT, path: 0))
        add(name, .create, event, event.touched(OBJECT_MADE, path: 0))
      }
      return
    }
    switch Errno(result) {
    case .invalid, .badDescriptor, .notSocket, .fault, .familyNotSupported: return
    default: addLookup(name, event, 0)
    }
  }

  /// Says of every name that it is not known to be the kernel's.
  mutating func doubtNames() {
    for index in 0..<count { items.place(index).pointee.isUnconfirmed = true }
  }

  /// Takes out what is on filesystems that are left out, as __audit_inode does: the name stays, and nothing is
  /// known of what it leads to.
  mutating func leaveOut(_ isLeftOut: (UInt32) -> Bool) {
    var kept = 0
    for index in 0..<count {
      var item = items[index]
      if let object = item.object, isLeftOut(object.magic) {
        if item.name == nil || item.type == .parent { continue }
        item.object = nil
        item.type = .unknown
        item.capabilities = .told(.none)
        item.chain = UnsafeBufferPointer(start: nil, count: 0)
      }
      items[kept] = item
      kept += 1
    }
    items.truncate(to: kept)
  }

  /// A mount's source is looked up behind the place where it goes.
  private mutating func addSource(_ name: UnsafeRawBufferPointer, _ event: SyscallEvent) {
    if let found = event.touched(OBJECT_FOUND, path: 0) { return add(name, .normal, event, found) }
    if event.fixed.result >= 0 { return add(name, .normal) }
    guard event.touched(OBJECT_FOUND, path: 1) != nil else { return }
    switch Errno(event.fixed.result) {
    case .noEntry, .notDirectory, .access, .loop, .nameTooLong: add(name, .unknown)
    default: break
    }
  }

  // MARK: Items

  /// - Parameters:
  ///   - path: which of the syscall's it is.
  ///   - isFound: it led somewhere, whatever the result.
  mutating func addLookup(
    _ name: UnsafeRawBufferPointer, _ event: SyscallEvent, _ path: Int, isFound: Bool = false
  ) {
    let result = event.fixed.result
    if let found = event.touched(OBJECT_FOUND, path: path) {
      return add(name, .normal, event, found)
    }
    if result < 0, event.tellsLookups { return add(name, .unknown) }
    if isFound || (name.isEmpty && Errno(result) != .badDescriptor) { return add(name, .normal) }
    switch Errno(result) {
    case _ where event.isSeenStopped(path): add(name, .unknown)
    case .noEntry, .notDirectory, .loop, .nameTooLong, .badDescriptor, .tooManyFiles, .fileTable:
      add(name, .unknown)
    case .access where SyscallNumber(of: event).isRefusedOnTheWay: add(name, .unknown)
    default: add(name, .normal)
    }
  }

  /// The directory part with its slash; for a bare name the working directory (audit_log_name).
  mutating func addParent(
    _ name: UnsafeRawBufferPointer, _ event: SyscallEvent,
    _ found: (index: Int, object: event_object)?
  ) {
    let length = Self.parentLength(name)
    let directory =
      length > 0
      ? UnsafeRawBufferPointer(rebasing: name[0..<length]) : event.section(SECTION_CWD, index: 0)
    add(directory, .parent, event, found)
  }

  mutating func add(
    _ name: UnsafeRawBufferPointer?, _ type: NameType, _ event: SyscallEvent,
    _ found: (index: Int, object: event_object)?
  ) {
    var item = Item(name: name, type: type, object: found?.object)
    if let found { item.chain = event.chain(ofObject: found.index) }
    add(item)
  }

  /// Without an object.
  mutating func add(_ name: UnsafeRawBufferPointer?, _ type: NameType) {
    add(Item(name: name, type: type, object: nil))
  }

  mutating func add(_ item: Item) {
    items.append(item)
    items.place(count - 1).pointee.capabilities = Self.capabilities(of: item)
  }

  /// What is known of them before anybody is asked: what was not found has none, and neither have a directory and
  /// what was just made.
  private static func capabilities(of item: Item) -> KnownCapabilities {
    if let object = item.object {
      return UInt32(object.caps) == OBJECT_CAPS_NONE.rawValue ? .told(.none) : .asked
    }
    if item.isQueue { return .told(.none) }
    return switch item.type {
    case .unknown, .create, .parent: .told(.none)
    case .normal, .delete: .unknown
    }
  }

  /// Those of the last item, if it has no object that tells them.
  mutating func settleCapabilities(_ capabilities: KnownCapabilities) {
    if items[count - 1].object == nil { items.place(count - 1).pointee.capabilities = capabilities }
  }

  /// Those of the file that an exec has executed.
  var executedCapabilities: KnownCapabilities {
    var found = KnownCapabilities.unknown
    for index in 0..<count {
      switch items[index].object.map({ UInt32($0.role) }) {
      case OBJECT_INTERPRETER.rawValue: return items[index].capabilities
      case OBJECT_EXECUTABLE.rawValue: found = items[index].capabilities
      default: break
      }
    }
    return found
  }

  mutating func setCapabilities(_ capabilities: KnownCapabilities, of index: Int) {
    items.place(index).pointee.capabilities = capabilities
  }

  /// kernel/auditfilter.c, parent_len: trailing slashes do not count.
  static func parentLength(_ path: UnsafeRawBufferPointer) -> Int {
    let slash = UInt8(ascii: "/")
    guard path.count > 0 else { return 0 }
    var at = path.count - 1
    while at > 0, path[at] == slash { at -= 1 }
    while at > 0, path[at] != slash { at -= 1 }
    return path[at] == slash ? at + 1 : at
  }

  /// A mount's source is a path for bind and move, and where it looks like one.
  private static func isLookedUp(source: UnsafeRawBufferPointer, flags: UInt64) -> Bool {
    let bindOrMove: UInt64 = 0x1000 | 0x2000
    return flags & bindOrMove != 0 || source.first == UInt8(ascii: "/")
  }
}
