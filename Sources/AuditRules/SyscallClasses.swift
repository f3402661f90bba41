import CLibAudit
import CNestaudit

/// Which syscalls a permission means, and what the class bits of a rule's mask stand for (the kernel's
/// include/asm-generic/audit_read.h, audit_write.h, audit_dir_write.h, audit_change_attr.h, audit_signal.h;
/// kernel/auditsc.c, audit_match_perm).
struct SyscallClasses {
  static let execute: UInt32 = 1
  static let write: UInt32 = 2
  static let read: UInt32 = 4
  static let attribute: UInt32 = 8

  /// For POLICY_ARCH_64 and POLICY_ARCH_32.
  static let arches = [
    SyscallClasses(machine: Int32(MACH_86_64.rawValue)),
    SyscallClasses(machine: Int32(MACH_X86.rawValue)),
  ]

  private static let directoryWrites = [
    "rename", "mkdir", "rmdir", "creat", "link", "unlink", "symlink", "mknod", "mkdirat",
    "mknodat", "unlinkat", "renameat", "linkat", "symlinkat", "renameat2",
  ]
  private static let writes = [
    "acct", "swapon", "quotactl", "truncate", "truncate64", "ftruncate", "ftruncate64", "bind",
    "fallocate",
  ]
  private static let reads = [
    "readlink", "quotactl", "listxattr", "llistxattr", "flistxattr", "getxattr", "lgetxattr",
    "fgetxattr", "readlinkat",
  ]
  private static let attributes = [
    "chmod", "fchmod", "chown", "fchown", "lchown", "setxattr", "lsetxattr", "fsetxattr",
    "removexattr", "lremovexattr", "fremovexattr", "fchownat", "fchmodat", "fchmodat2", "chown32",
    "fchown32", "lchown32", "link", "linkat",
  ]
  private static let signals = ["kill", "tkill", "tgkill"]

  /// Of Linux 6.13, which libaudit may not know by name. An older kernel's classes do not have them.
  private static let newer =
    nestaudit_kernel_version() >= nestaudit_version(6, 13)
    ? [463: attribute, 464: read, 465: read, 466: attribute] : [:]

  /// Those that reach their object by a name alone: no descriptor, no program, no opened file leads to it.
  private static let namedOnly = [
    "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "unlink",
    "unlinkat", "symlink", "symlinkat", "mknod", "mknodat", "chmod", "fchmodat", "chown", "lchown",
    "chown32", "lchown32", "fchownat", "truncate", "truncate64", "setxattr", "lsetxattr",
    "getxattr", "lgetxattr", "listxattr", "llistxattr", "removexattr", "lremovexattr", "utime",
    "utimes", "utimensat", "futimesat", "access", "faccessat", "stat", "lstat", "newfstatat",
    "statx", "readlink", "readlinkat", "mount", "umount2", "chroot", "chdir", "pivot_root", "acct",
    "swapon", "quotactl",
  ]
  /// Their numbers, for POLICY_ARCH_64 and POLICY_ARCH_32.
  static let byName = [MACH_86_64, MACH_X86].map { machine in
    namedOnly.map { Int(audit_name_to_syscall($0, Int32(machine.rawValue))) }.filter { $0 >= 0 }
  }

  /// By syscall number, the permissions of its classes.
  private var permissions = [UInt8](repeating: 0, count: Int(POLICY_SYSCALLS))
  /// AUDIT_CLASS_DIR_WRITE, CHATTR, READ, WRITE, SIGNAL: their syscalls.
  private var classes: [[Int]] = []
  let open: Int32
  let openat: Int32
  let openat2: Int32 = 437
  let socketcall: Int32
  private let execves: [Int32]

  private init(machine: Int32) {
    func numbers(_ names: [String]) -> [Int] {
      names.map { Int(audit_name_to_syscall($0, machine)) }.filter { $0 >= 0 }
    }
    open = audit_name_to_syscall("open", machine)
    openat = audit_name_to_syscall("openat", machine)
    socketcall = audit_name_to_syscall("socketcall", machine)
    execves = numbers(["execve", "execveat"]).map(Int32.init)
    let newReads = Self.newer.filter { $0.value == Self.read }.map(\.key)
    let newAttributes = Self.newer.filter { $0.value == Self.attribute }.map(\.key)
    classes = [
      numbers(Self.directoryWrites), numbers(Self.attributes) + newAttributes,
      numbers(Self.reads) + newReads, numbers(Self.directoryWrites + Self.writes),
      numbers(Self.signals),
    ]
    for (list, permission) in [
      (1, Self.attribute), (2, Self.read), (3, Self.write),
    ] {
      for number in classes[list] { permissions[number] |= UInt8(permission) }
    }
    for number in execves { permissions[Int(number)] = UInt8(Self.execute) }
    for number in [open, openat, openat2] { permissions[Int(number)] = 0 }
  }

  /// Whether a rule with these permissions can match a syscall at all.
  func mayMatch(_ mask: UInt32, _ number: Int) -> Bool {
    if isOpen(Int32(number)) { return mask & (Self.read | Self.write) != 0 }
    if Int32(number) == socketcall { return mask & Self.write != 0 }
    return permissions.indices.contains(number) && UInt32(permissions[number]) & mask != 0
  }

  /// An open is judged by its access mode instead of by its class.
  func isOpen(_ number: Int32) -> Bool {
    number == open || number == openat || number == openat2
  }

  /// Whether a permission is asked of the arguments: of all others the number alone decides.
  func isJudgedByFlags(_ number: Int32) -> Bool { isOpen(number) || number == socketcall }

  /// fs/internal.h, ACC_MODE: the permissions that an open asks for.
  @inline(__always)
  static func access(ofFlags flags: UInt64) -> UInt32 {
    switch flags & 3 {
    case 0: read
    case 1: write
    default: read | write
    }
  }

  /// kernel/auditfilter.c, audit_to_entry_common: the upper 16 bits of a mask stand for classes of syscalls.
  static func expand(_ mask: [UInt32]) -> [UInt32] {
    var mask = mask
    let bits = mask.count * 32
    for number in 0..<16 {
      let bit = bits - number - 1
      guard mask[bit / 32] >> UInt32(bit % 32) & 1 == 1 else { continue }
      mask[bit / 32] &= ~(1 << UInt32(bit % 32))
      let (list, arch) = number < 10 ? (number / 2, number % 2) : (0, -1)
      guard arch >= 0 else { continue }
      for syscall in arches[arch].classes[list] {
        mask[syscall / 32] |= 1 << UInt32(syscall % 32)
      }
    }
    return mask
  }
}
