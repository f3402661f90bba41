import CNestaudit

/// The items of POSIX message queues, which are files of a filesystem that is mounted nowhere (ipc/mqueue.c).
extension PathPlan {
  /// s_magic of that filesystem (include/uapi/linux/magic.h, MQUEUE_MAGIC).
  private static let magic: UInt32 = 0x1980_0202
  private static let oCreat: UInt64 = 0o100
  private static let oExcl: UInt64 = 0o200

  /// mq_open: prepare_open. A queue that is made has its directory before it, hidden.
  mutating func addOpenedQueue(
    _ name: UnsafeRawBufferPointer, _ event: SyscallEvent, _ milliseconds: Int64
  ) {
    let result = event.fixed.result
    let flags = event.fixed.args.1
    let creates = flags & Self.oCreat != 0
    let opened = event.object(OBJECT_OPENED)
    let directory = event.object(OBJECT_PARENT)
    if result >= 0 {
      let isMade =
        UInt32(event.fixed.header.flags) & EVENT_CREATED.rawValue != 0
        && (flags & Self.oExcl != 0
          || Self.areNew(opened?.object, directory?.object, milliseconds))
      if isMade { addHidden(name, directory?.object) }
      return addQueue(name, isMade ? .create : .normal, opened?.object)
    }
    switch Errno(result) {
    case .noEntry, .nameTooLong, .fileTable: addQueue(name, .unknown, nil)
    case .tooManyFiles where !creates: addQueue(name, .unknown, nil)
    case .access where !Self.isOneName(name): addQueue(name, .unknown, nil)
    case .exists, .access: addQueue(name, .normal, nil)
    case .invalid where !creates || flags & 3 == 3: addQueue(name, .normal, nil)
    default:
      if creates { addHidden(name, nil) }
      addQueue(name, creates ? .create : .normal, nil)
    }
  }

  /// mq_unlink: the directory is told before the name is looked for.
  mutating func addRemovedQueue(_ name: UnsafeRawBufferPointer, _ event: SyscallEvent) {
    let result = event.fixed.result
    addHidden(name, nil)
    switch Errno(result) {
    case .noEntry, .nameTooLong: break
    case .access where !Self.isOneName(name): break
    default: addQueue(name, .delete, nil)
    }
  }

  /// mq_timedsend and mq_timedreceive: the queue behind the descriptor, once the other arguments have passed.
  mutating func addUsedQueue(_ event: SyscallEvent) {
    guard event.special != nil, let object = event.object(OBJECT_DESCRIPTOR)?.object,
      object.magic == Self.magic
    else { return }
    addQueue(nil, .normal, object)
  }

  private mutating func addQueue(
    _ name: UnsafeRawBufferPointer?, _ type: NameType, _ object: event_object?
  ) {
    var item = Item(name: name, type: type, object: object)
    item.isQueue = true
    add(item)
  }

  private mutating func addHidden(_ name: UnsafeRawBufferPointer, _ object: event_object?) {
    var item = Item(name: name, type: .parent, object: object)
    item.isQueue = true
    item.isHidden = true
    add(item)
  }

  /// Without O_EXCL nothing says for certain whether the queue was there. If it was not, it and its directory have
  /// changed just now; that filesystem's times are whole seconds.
  private static func areNew(
    _ queue: event_object?, _ directory: event_object?, _ milliseconds: Int64
  ) -> Bool {
    guard let queue, let directory else { return false }
    let oldest = Int64(min(queue.ctime, directory.ctime) / 1_000_000)
    return milliseconds - oldest < 1100
  }

  /// fs/namei.c, lookup_one_len: neither a path nor a dot entry.
  private static func isOneName(_ name: UnsafeRawBufferPointer) -> Bool {
    let dot = UInt8(ascii: ".")
    return !name.contains(UInt8(ascii: "/")) && !(name.count <= 2 && name.allSatisfy { $0 == dot })
  }
}
