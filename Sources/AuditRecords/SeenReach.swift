import CNestaudit

/// How far the lookup of a name came, as BPF found it in the kernel's cache of names: where the error alone does not
/// tell, and no hook does. A set of `enum name_reach`.
struct SeenReach: OptionSet {
  let rawValue: UInt32

  /// Not to the directory of the last name.
  static let stopped = SeenReach(rawValue: REACH_STOPPED.rawValue)
  /// To that directory.
  static let directory = SeenReach(rawValue: REACH_DIRECTORY.rawValue)
  /// The last name is in it.
  static let last = SeenReach(rawValue: REACH_LAST.rawValue)
  /// The caller may write to the directory.
  static let writable = SeenReach(rawValue: REACH_WRITABLE.rawValue)
  /// The caller may not write to the directory.
  static let sealed = SeenReach(rawValue: REACH_SEALED.rawValue)
  /// The directory has been removed.
  static let dead = SeenReach(rawValue: REACH_DEAD.rawValue)
  /// Both names of a rename are the same file's.
  static let same = SeenReach(rawValue: REACH_SAME.rawValue)
}

extension SyscallEvent {
  /// Of the syscall's path with this index; nil where it is not known.
  func seenReach(_ path: Int) -> SeenReach? {
    guard let data = section(SECTION_REACH, index: path),
      data.count >= MemoryLayout<UInt32>.size
    else { return nil }
    return SeenReach(rawValue: data.loadUnaligned(as: UInt32.self))
  }

  /// Whether a rename had nothing to do: both names were, and are, the same file's.
  var renamesToItself: Bool {
    if let seen = seenReach(1) { return seen.contains(.same) }
    guard fixed.result >= 0, let moved = touched(OBJECT_REMOVED, path: 0)?.object,
      let other = touched(OBJECT_REMOVED, path: 1)?.object
    else { return false }
    return moved.ino == other.ino && moved.dev == other.dev
  }

  /// Whether a name is known to have led to something.
  func hasSeenLast(_ path: Int) -> Bool { seenReach(path)?.contains(.last) ?? false }

  /// Whether a lookup is known to have ended before the last name's directory.
  func isSeenStopped(_ path: Int) -> Bool { seenReach(path)?.contains(.stopped) ?? false }
}
