import CLibAudit
import CNestaudit

/// Which syscalls a permission means (include/asm-generic/audit_read.h, audit_write.h, audit_dir_write.h,
/// audit_change_attr.h; kernel/auditsc.c, audit_match_perm).
struct PermissionClasses {
  static let execute: UInt32 = 1
  static let write: UInt32 = 2
  static let read: UInt32 = 4
  static let attribute: UInt32 = 8

  /// For POLICY_ARCH_64 and POLICY_ARCH_32.
  static let arches = [
    PermissionClasses(machine: Int32(MACH_86_64.rawValue)),
    PermissionClasses(machine: Int32(MACH_X86.rawValue)),
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

  /// By syscall number, the permissions of its classes.
  private var classes = [UInt8](repeating: 0, count: Int(POLICY_SYSCALLS))
  private(set) var open: Int32
  private(set) var openat: Int32
  private(set) var openat2: Int32

  private init(machine: Int32) {
    open = audit_name_to_syscall("open", machine)
    openat = audit_name_to_syscall("openat", machine)
    openat2 = 437
    func add(_ names: [String], _ permission: UInt32) {
      for name in names {
        let number = Int(audit_name_to_syscall(name, machine))
        if classes.indices.contains(number) { classes[number] |= UInt8(permission) }
      }
    }
    add(Self.directoryWrites + Self.writes, Self.write)
    add(Self.reads, Self.read)
    add(Self.attributes, Self.attribute)
    add(["execve", "execveat"], Self.execute)
  }

  /// Whether a rule with these permissions can match a syscall at all.
  func mayMatch(_ permissions: UInt32, _ number: Int) -> Bool {
    isOpen(Int32(number))
      ? permissions & (Self.read | Self.write) != 0 : UInt32(classes[number]) & permissions != 0
  }

  func isOpen(_ number: Int32) -> Bool {
    number == open || number == openat || number == openat2
  }
}
