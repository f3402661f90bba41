import CNestaudit

/// What changes a directory: names that are made, taken away, moved and linked.
extension PathPlan {
  // Of two names the kernel takes the second first: its compiler evaluates arguments from the last one on. Each is
  // taken even if the other is none.

  mutating func planRename(
    _ first: UnsafeRawBufferPointer?, _ second: UnsafeRawBufferPointer?, _ event: SyscallEvent
  ) {
    guard let first, let second else {
      let parent = event.touched(OBJECT_PARENT, path: 0)
      if let first, parent != nil || event.seenReach(0)?.contains(.directory) ?? false {
        return addParent(first, event, parent)
      }
      if let name = first ?? second { add(name, .unknown) }
      return
    }
    let isFirstReached = event.mayReachDirectory(of: first, path: 0)
    if isFirstReached, event.mayReachDirectory(of: second, path: 1) {
      addParent(second, event, event.touched(OBJECT_PARENT, path: 1))
    } else {
      add(second, .unknown)
    }
    guard isFirstReached else { return add(first, .unknown) }
    addParent(first, event, event.touched(OBJECT_PARENT, path: 0))
    if event.renamesToItself { return }
    let moved = event.touched(OBJECT_REMOVED, path: 0)
    guard event.fixed.result >= 0 || moved != nil else {
      return planRefusedRename(first, second, event)
    }
    add(first, .delete, event, moved)
    if let replaced = event.touched(OBJECT_REMOVED, path: 1) {
      add(second, .delete, event, replaced)
    }
    if event.fixed.result >= 0 {
      add(second, .create, event, event.touched(OBJECT_MADE, path: 1) ?? moved)
      settleCapabilities(.unknown)
    }
  }

  /// fs/namei.c, vfs_rename: what is moved is told before it is asked whether its directory may be written, then
  /// likewise what is replaced or made.
  private mutating func planRefusedRename(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ event: SyscallEvent
  ) {
    guard !event.tellsLookups else { return }
    switch Errno(event.fixed.result) {
    case .notDirectory where first.endsInSlash || second.endsInSlash: break  // asked for before
    case .isDirectory, .notEmpty,
      .notDirectory where event.hasSeenLast(1):
      add(first, .delete)
      add(second, .delete)
    case .access where event.hasSeenLast(0) && event.seenReach(1)?.contains(.directory) ?? false:
      let directory = event.seenReach(0) ?? []
      if directory.isDisjoint(with: [.writable, .sealed]) { break }
      add(first, .delete)
      if directory.contains(.writable) {
        add(second, event.hasSeenLast(1) ? .delete : .create)
      }
    default: break
    }
  }

  /// fs/namei.c, do_linkat: the file is looked up, then the new name's directory.
  mutating func planLink(
    _ first: UnsafeRawBufferPointer?, _ second: UnsafeRawBufferPointer?, _ event: SyscallEvent
  ) {
    guard let first, let second else {
      if let first { addLookup(first, event, 0, isFound: true) }
      if let second { add(second, .unknown) }
      return
    }
    let isSecondReached = event.mayReachDirectory(of: second, path: 1)
    let isFound =
      switch Errno(event.fixed.result) {
      case _ where event.tellsLookups && event.fixed.result < 0:
        event.touched(OBJECT_FOUND, path: 0) != nil
      case _ where event.seenReach(0) != nil: event.hasSeenLast(0)
      case .noEntry, .notDirectory: event.touched(OBJECT_FOUND, path: 0) != nil
      case .loop, .badDescriptor: event.mayReachDirectory(of: first, path: 0)
      case .nameTooLong: first.isShortUpToItsEnd && !first.isLongAtItsEnd
      case .access: event.touched(OBJECT_FOUND, path: 0) != nil || first.isBare
      default: true
      }
    guard isFound, isSecondReached else {
      add(second, .unknown)
      return isFound ? addLookup(first, event, 0, isFound: true) : add(first, .unknown)
    }
    addParent(second, event, event.touched(OBJECT_PARENT, path: 1))
    addLookup(first, event, 0, isFound: true)
    switch Errno(event.fixed.result) {
    case .exists, .nameTooLong, .crossDevice, .permission: break
    default:
      add(second, .create, event, event.touched(OBJECT_MADE, path: 1))
      if event.fixed.result >= 0 { settleCapabilities(.unknown) }
    }
  }

  /// What the link is to say has an item of its own.
  mutating func planSymlink(
    _ target: UnsafeRawBufferPointer?, _ name: UnsafeRawBufferPointer?, _ event: SyscallEvent
  ) {
    guard let target, let name else {
      if let only = target ?? name { add(only, .unknown) }
      return
    }
    addCreation(name, event, 1, target: target)
  }

  /// - Parameter target: of a symbolic link.
  mutating func addCreation(
    _ name: UnsafeRawBufferPointer, _ event: SyscallEvent, _ path: Int,
    target: UnsafeRawBufferPointer? = nil
  ) {
    var isMade = false
    switch Errno(event.fixed.result) {
    case .noEntry where !name.isBare && !event.tellsLookups,
      .notDirectory where !event.tellsLookups:
      add(name, .unknown)
    case _ where !event.mayReachDirectory(of: name, path: path): add(name, .unknown)
    case .exists, .noEntry, .nameTooLong:
      addParent(name, event, event.touched(OBJECT_PARENT, path: path))
    default:
      addParent(name, event, event.touched(OBJECT_PARENT, path: path))
      isMade = true
    }
    guard isMade else {
      if let target { add(target, .unknown) }
      return
    }
    let made = event.touched(OBJECT_MADE, path: path)
    // The kernel looks among the names without an object for that of what is made.
    if let target, name.endsIn(target) { return add(target, .create, event, made) }
    if let target { add(target, .unknown) }
    add(name, .create, event, made)
  }

  mutating func addRemoval(
    _ name: UnsafeRawBufferPointer, _ event: SyscallEvent, _ directory: Bool
  ) {
    switch Errno(event.fixed.result) {
    case .notDirectory where !directory && !event.tellsLookups: add(name, .unknown)
    case _ where !event.mayReachDirectory(of: name, path: 0): add(name, .unknown)
    case .noEntry, .readOnly, .nameTooLong:
      addParent(name, event, event.touched(OBJECT_PARENT, path: 0))
    default:
      addParent(name, event, event.touched(OBJECT_PARENT, path: 0))
      let removed = event.touched(OBJECT_REMOVED, path: 0)
      if event.fixed.result >= 0 || removed != nil || !event.tellsLookups {
        add(name, .delete, event, removed)
        if directory { settleCapabilities(.told(.none)) }
      }
    }
  }
}
