import CNestaudit

/// How far the lookup of a name can have come, by its text and the error alone. Where the text does not say, the
/// common case is taken: that the error arose at the name's last component.
extension UnsafeRawBufferPointer {
  private static let slash = UInt8(ascii: "/")
  /// include/uapi/linux/limits.h, NAME_MAX.
  private static let longestComponent = 255

  /// Whether it has no directory that could be missing: the one it is looked up in is there already.
  var isBare: Bool {
    self[..<PathPlan.parentLength(self)].allSatisfy { $0 == Self.slash }
  }

  /// Whether its last component is too long, and none before it is.
  var isLongAtItsEnd: Bool {
    let length = PathPlan.parentLength(self)
    return Self.longest(self[length...]) > Self.longestComponent
      && Self.longest(self[..<length]) <= Self.longestComponent
  }

  /// Whether no component is too long, but for the last one.
  var isShortUpToItsEnd: Bool {
    Self.longest(self[..<PathPlan.parentLength(self)]) <= Self.longestComponent
  }

  /// Whether another name, or what of it stands behind as many bytes as this one's directory has, is this one's last
  /// component (kernel/auditsc.c, __audit_inode_child).
  func endsIn(_ other: UnsafeRawBufferPointer) -> Bool {
    let length = PathPlan.parentLength(self)
    let last = self[length...]
    return last.elementsEqual(other)
      || (other.count == count && last.elementsEqual(other[length...]))
  }

  private static func longest(_ text: Slice<UnsafeRawBufferPointer>) -> Int {
    var longest = 0
    var length = 0
    for byte in text {
      length = byte == slash ? 0 : length + 1
      longest = Swift.max(longest, length)
    }
    return longest
  }
}

extension SyscallEvent {
  /// A name that the kernel was given (fs/namei.c, getname): nil if it is too long or not in memory, if it is empty
  /// and may not be, or if something else was looked for in vain there before.
  func heardName(_ path: Int) -> UnsafeRawBufferPointer? {
    guard let name = section(SECTION_PATH, index: path),
      !name.isEmpty || takesEmptyNames
    else { return nil }
    if Errno(fixed.result) == .fault, !SyscallNumber(of: self).takesNamesFirst { return nil }
    return name
  }

  /// Whether an empty name is one (fs/namei.c, LOOKUP_EMPTY). What the kernel has copied is.
  private var takesEmptyNames: Bool {
    guard UInt32(fixed.header.flags) & EVENT_CALLERS_NAMES.rawValue != 0 else { return true }
    let emptyPath: UInt64 = 0x1000  // AT_EMPTY_PATH
    return switch SyscallNumber(of: self).x86_64 {
    case 89, 267: true  // readlink readlinkat
    case 262: !Self.meansDescriptors && fixed.args.3 & emptyPath != 0  // newfstatat
    case 332: !Self.meansDescriptors && fixed.args.2 & emptyPath != 0  // statx
    case 280, 439, 452: fixed.args.3 & emptyPath != 0  // utimensat faccessat2 fchmodat2
    case 428, 442: fixed.args.2 & emptyPath != 0  // open_tree mount_setattr
    case 260, 265, 303: fixed.args.4 & emptyPath != 0  // fchownat linkat name_to_handle_at
    default: false
    }
  }

  /// fs/namei.c, getname_maybe_null: then nothing is looked up any more.
  private static let meansDescriptors = KernelRelease.running >= KernelRelease(6, 11)

  /// Whether a name led nowhere if nothing was told of it.
  var tellsLookups: Bool { UInt32(fixed.header.flags) & EVENT_LOOKUPS.rawValue != 0 }

  /// Whether the lookup of one of its names can have got to the name's directory.
  func mayReachDirectory(of name: UnsafeRawBufferPointer, path: Int) -> Bool {
    if tellsLookups { return touched(OBJECT_PARENT, path: path) != nil }
    return switch Errno(fixed.result) {
    case .loop: name.isBare
    case .badDescriptor: name.first == UInt8(ascii: "/") || beginsAtWorkingDirectory(path)
    case .nameTooLong: name.isShortUpToItsEnd
    default: true
    }
  }

  /// Whether a relative name of two begins there, and not at a descriptor.
  private func beginsAtWorkingDirectory(_ path: Int) -> Bool {
    let workingDirectory: Int32 = -100  // AT_FDCWD
    let descriptor =
      switch SyscallNumber(of: self).x86_64 {
      case 264, 265, 316: path == 0 ? fixed.args.0 : fixed.args.2  // renameat linkat renameat2
      default: UInt64.max
      }
    return Int32(truncatingIfNeeded: descriptor) == workingDirectory
  }
}
