import CNestaudit

/// What opens a file: by its name, or to execute it.
extension PathPlan {
  mutating func planOpen(
    _ event: SyscallEvent, _ name: UnsafeRawBufferPointer, _ creates: Bool
  ) {
    let result = event.fixed.result
    let opened = event.object(OBJECT_OPENED)
    if result >= 0 {
      let made = UInt32(event.fixed.header.flags) & EVENT_CREATED.rawValue != 0
      if creates, made || !Self.looksUpBeforeCreating {
        addParent(name, event, event.object(OBJECT_PARENT))
      }
      return add(name, made ? .create : .normal, event, opened)
    }
    if let refused = event.touched(OBJECT_FOUND, path: 0) {
      if creates, !Self.looksUpBeforeCreating {
        addParent(name, event, event.touched(OBJECT_PARENT, path: 0))
      }
      return add(name, .normal, event, refused)
    }
    if creates, let directory = event.touched(OBJECT_PARENT, path: 0) {
      return addParent(name, event, directory)
    }
    switch Errno(result) {
    case _ where event.isSeenStopped(0): add(name, .unknown)
    case .noEntry where event.seenReach(0)?.contains(.dead) ?? false: add(name, .unknown)
    // O_DIRECTORY, O_NOFOLLOW
    case .notDirectory where event.hasSeenLast(0), .loop where event.hasSeenLast(0):
      if creates, !Self.looksUpBeforeCreating { addParent(name, event, nil) }
      add(name, .normal)
    case .noEntry where creates && name.isBare, .nameTooLong where creates && name.isLongAtItsEnd:
      addParent(name, event, nil)
    case .access where creates && event.opensExclusively && !event.tellsLookups:
      addParent(name, event, nil)
    case .access where event.tellsLookups: add(name, .unknown)
    case .exists, .isDirectory, .access, .permission, .textBusy:
      if creates, !Self.looksUpBeforeCreating { addParent(name, event, nil) }
      add(name, .normal)
    case .crossDevice: add(name, .unknown)  // openat2, kept from leaving a directory
    default: addLookup(name, event, 0)
    }
  }

  mutating func planExec(
    _ event: SyscallEvent, _ name: UnsafeRawBufferPointer?, _ loaderName: UnsafeRawBufferPointer?
  ) {
    let result = event.fixed.result
    guard result >= 0 else {
      if let name { addLookup(name, event, 0) }
      return
    }
    add(
      name, .normal, event, event.object(OBJECT_EXECUTABLE) ?? event.touched(OBJECT_FOUND, path: 0))
    if let found = event.object(OBJECT_INTERPRETER) {
      add(event.section(SECTION_OBJECT_NAME, index: found.index), .normal, event, found)
    }
    if let found = event.object(OBJECT_LOADER) {
      let name = event.section(SECTION_OBJECT_NAME, index: found.index) ?? loaderName
      add(name, .normal, event, found)
    }
  }

  /// fs/namei.c, lookup_fast_for_open: from 6.12 on a file that is there already is found without a look at its
  /// directory, O_CREAT or not.
  private static let looksUpBeforeCreating = KernelRelease.running >= KernelRelease(6, 12)
}
