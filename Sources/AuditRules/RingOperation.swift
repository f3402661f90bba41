import CNestaudit

/// An operation of io_uring (include/uapi/linux/io_uring.h, enum io_uring_op), by its number.
public struct RingOperation: Sendable, Equatable {
  /// 0 to 255.
  public let number: Int

  /// By its number.
  public init(_ number: Int) { self.number = number }

  /// By its name.
  public init?(name: String) {
    guard let number = Self.names.first(where: { $0.value == name })?.key else { return nil }
    self.number = number
  }

  /// As libaudit has it since 3.1 (lib/uringop_table.h): those of which the audit hears. An older one has none.
  public var name: String? { Self.names[number] }

  /// Whether the kernel's audit hears of it (io_uring/opdef.c, audit_skip).
  public var isAudited: Bool {
    Self.names[number] != nil || number > Self.lastKnown
      || number == Self.madvise && Self.hearsOfMadvise
  }

  private static let lastKnown = 61
  private static let madvise = 25

  /// Before Linux 6.3.
  private static let hearsOfMadvise = nestaudit_kernel_version() < nestaudit_version(6, 3)

  private static let names = [
    9: "sendmsg", 10: "recvmsg", 13: "accept", 16: "connect", 17: "fallocate", 18: "openat",
    19: "close", 28: "openat2", 34: "shutdown", 35: "renameat", 36: "unlinkat", 37: "mkdirat",
    38: "symlinkat", 39: "linkat", 40: "msg_ring", 41: "fsetxattr", 42: "setxattr",
    43: "fgetxattr", 44: "getxattr", 46: "uring_cmd", 48: "sendmsg_zc", 50: "waitid",
    51: "futex_wait", 52: "futex_wake", 53: "futex_waitv", 54: "fixed_fd_install",
    55: "ftruncate", 56: "bind", 57: "listen", 58: "recv_zc",
  ]
}
