import CNestaudit

/// What a syscall does with its paths, by number.
enum PathKind {
  case none
  case descriptor
  case lookup
  case lookups
  case mount
  case open(creates: Bool)
  case create
  case remove(directory: Bool)
  case rename
  case link
  case symlink
  case exec
  case openQueue
  case unlinkQueue
  case useQueue
  case unmount
  /// An address that is got is looked up by nobody.
  case gotAddress

  /// How many names the caller has in its memory.
  var names: Int {
    switch self {
    case .none, .descriptor, .useQueue, .exec, .gotAddress: 0
    case .lookup, .unmount, .open, .create, .remove, .openQueue, .unlinkQueue: 1
    case .lookups, .mount, .rename, .link, .symlink: 2
    }
  }

  init(_ event: SyscallEvent) {
    let oCreat: UInt64 = 0o100
    let removeDirectory: UInt64 = 0x200  // AT_REMOVEDIR
    let args = event.fixed.args
    switch SyscallNumber(of: event).x86_64 {
    case 2: self = .open(creates: args.1 & oCreat != 0)  // open
    case 257: self = .open(creates: args.2 & oCreat != 0)  // openat
    case 85: self = .open(creates: true)  // creat
    case 437: self = Self.openat2(event)
    case 83, 133, 258, 259: self = .create  // mkdir mknod mkdirat mknodat
    case 84: self = .remove(directory: true)  // rmdir
    case 87: self = .remove(directory: false)  // unlink
    case 263:  // unlinkat; flags it does not know are refused before the name is read
      self = args.2 & ~removeDirectory == 0 ? .remove(directory: args.2 != 0) : .none
    case 82, 264, 316: self = .rename
    case 86, 265: self = .link
    case 88, 266: self = .symlink
    case 59, 322: self = .exec
    case 165: self = .mount
    case 155, 429: self = .lookups  // pivot_root move_mount
    case 91, 93, 190, 193, 196, 199: self = .descriptor
    case 42, 44, 46, 49, 307: self = .none
    case 43, 45, 47, 51, 52, 288, 299: self = .gotAddress
    case 166: self = .unmount  // umount2
    case 240: self = .openQueue  // mq_open
    case 241: self = .unlinkQueue  // mq_unlink
    case 242, 243: self = .useQueue  // mq_timedsend mq_timedreceive
    default: self = .lookup
    }
  }
}

extension PathKind {
  /// Its flags are in memory; those that it does not know it refuses before the name is read (fs/open.c,
  /// build_open_flags), but not O_DIRECT, which the filesystem may refuse.
  private static func openat2(_ event: SyscallEvent) -> PathKind {
    let flags = UInt64(event.fixed.open_flags)
    let oDirect: UInt64 = 0o40000
    if event.special == nil { return .none }
    if Errno(event.fixed.result) == .invalid, flags & oDirect == 0 { return .none }
    return .open(creates: flags & 0o100 != 0)
  }
}

/// A syscall's number as x86-64 has it.
struct SyscallNumber {
  let x86_64: Int32

  init(of event: SyscallEvent) {
    let i386: UInt32 = 0x4000_0003  // AUDIT_ARCH_I386
    let number = event.fixed.syscall
    if event.fixed.arch != i386 {
      x86_64 = number
    } else if number == 102 {
      x86_64 = Self.fromSocketcall(UInt32(truncatingIfNeeded: event.fixed.args.0))
    } else {
      x86_64 = Self.fromI386(number)
    }
  }

  var isBind: Bool { x86_64 == 49 }

  /// Whether it looks into the caller's memory for nothing else before it takes its names.
  var takesNamesFirst: Bool {
    switch x86_64 {
    // rename link symlink renameat linkat symlinkat renameat2
    case 82, 86, 88, 264, 265, 266, 316: true
    // stat lstat readlink statfs getxattr …
    case 4, 6, 89, 137, 191, 192, 194, 195, 262, 267, 332: true
    default: false
    }
  }

  /// Whether EACCES can only come from a directory on the way: nothing is asked of the file itself, or, with another
  /// error, only who owns it.
  var isRefusedOnTheWay: Bool {
    switch x86_64 {
    // stat lstat newfstatat statx statfs readlink readlinkat name_to_handle_at
    case 4, 6, 262, 332, 137, 89, 267, 303: true
    // chmod chown lchown fchownat fchmodat fchmodat2
    case 90, 92, 94, 260, 268, 452: true
    default: false
    }
  }

  /// The calls that are given an address, or get one: include/uapi/linux/net.h.
  private static func fromSocketcall(_ call: UInt32) -> Int32 {
    switch call {
    case 2: 49  // bind
    case 3: 42  // connect
    case 11: 44  // sendto
    case 16: 46  // sendmsg
    case 5: 43  // accept
    case 6: 51  // getsockname
    case 7: 52  // getpeername
    case 12: 45  // recvfrom
    case 17: 47  // recvmsg
    case 18: 288  // accept4
    case 19: 299  // recvmmsg
    case 20: 307  // sendmmsg
    default: 0
    }
  }

  private static func fromI386(_ number: Int32) -> Int32 {
    switch number {
    case 5: 2  // open
    case 8: 85  // creat
    case 9: 86  // link
    case 10: 87  // unlink
    case 11: 59  // execve
    case 14: 133  // mknod
    case 15: 90  // chmod
    case 16, 198: 94  // lchown
    case 18, 106, 195: 4  // stat
    case 21: 165  // mount
    case 22: 166  // umount
    case 38: 82  // rename
    case 39: 83  // mkdir
    case 40: 84  // rmdir
    case 52: 166  // umount2
    case 83: 88  // symlink
    case 84, 107, 196: 6  // lstat
    case 85: 89  // readlink
    case 94: 91  // fchmod
    case 95, 207: 93  // fchown
    case 99, 268: 137  // statfs
    case 182, 212: 92  // chown
    case 217: 155  // pivot_root
    case 228: 190  // fsetxattr
    case 229: 191  // getxattr
    case 230: 192  // lgetxattr
    case 231: 193  // fgetxattr
    case 232: 194  // listxattr
    case 233: 195  // llistxattr
    case 234: 196  // flistxattr
    case 237: 199  // fremovexattr
    case 277: 240  // mq_open
    case 278: 241  // mq_unlink
    case 279, 418: 242  // mq_timedsend
    case 280, 419: 243  // mq_timedreceive
    case 295: 257  // openat
    case 296: 258  // mkdirat
    case 297: 259  // mknodat
    case 298: 260  // fchownat
    case 300: 262  // fstatat64
    case 301: 263  // unlinkat
    case 302: 264  // renameat
    case 303: 265  // linkat
    case 304: 266  // symlinkat
    case 305: 267  // readlinkat
    case 306: 268  // fchmodat
    case 353: 316  // renameat2
    case 358: 322  // execveat
    case 361: 49  // bind
    case 362: 42  // connect
    case 369: 44  // sendto
    case 370: 46  // sendmsg
    case 337, 417: 299  // recvmmsg
    case 345: 307  // sendmmsg
    case 364: 288  // accept4
    case 367: 51  // getsockname
    case 368: 52  // getpeername
    case 371: 45  // recvfrom
    case 372: 47  // recvmsg
    case 383: 332  // statx
    case 429: 429  // move_mount
    case 437: 437  // openat2
    case 452: 452  // fchmodat2
    default: 0  // a lookup, or none of its paths is recorded
    }
  }
}

/// The results that decide how far a lookup came.
enum Errno: Int32 {
  case permission = 1
  case noEntry = 2
  case badDescriptor = 9
  case again = 11
  case access = 13
  case fault = 14
  case exists = 17
  case crossDevice = 18
  case notDirectory = 20
  case isDirectory = 21
  case invalid = 22
  case fileTable = 23
  case tooManyFiles = 24
  case textBusy = 26
  case readOnly = 30
  case nameTooLong = 36
  case notEmpty = 39
  case loop = 40
  case notSocket = 88
  case familyNotSupported = 97
  case connectionRefused = 111
  case other = -1

  init(_ result: Int64) {
    self = Errno(rawValue: Int32(truncatingIfNeeded: -result)) ?? .other
  }
}
