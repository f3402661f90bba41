internal import CLibAudit

/// arch= and syscall= in words, as libauparse has them (auparse/interpret.c, print_arch and print_syscall).
extension TextBuffer {
  /// The machine's name.
  mutating func append(nameOfArch arch: UInt32) {
    let machine = audit_elf_to_machine(arch)
    if machine >= 0, let name = audit_machine_to_name(machine) {
      append(cString: name)
    } else {
      append("unknown-elf-type(")
      append(hex: UInt64(arch))
      append(")")
    }
  }

  /// The syscall's name.
  /// - Parameter call: the first argument, which tells the calls of socketcall(2) and ipc(2) apart.
  mutating func append(nameOfSyscall syscall: Int32, arch: UInt32, call: UInt64) {
    let machine = audit_elf_to_machine(arch)
    guard machine >= 0, let name = audit_syscall_to_name(syscall, machine) else {
      append("unknown-syscall(")
      append(signed: Int64(syscall))
      append(")")
      return
    }
    append(cString: name)
    guard machine == Int32(MACH_X86.rawValue), let calls = Multiplexer(rawValue: syscall),
      let name = calls.name(of: call)
    else { return }
    append("(")
    append(name)
    append(")")
  }

  mutating func append(cString text: UnsafePointer<CChar>) {
    append(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}

/// The syscalls of i386 that stand for many.
private enum Multiplexer: Int32 {
  case socketcall = 102
  case ipc = 117

  func name(of call: UInt64) -> StaticString? {
    switch self {
    case .socketcall: Self.socketcall(call)
    case .ipc: Self.ipc(call)
    }
  }

  /// include/uapi/linux/net.h
  private static func socketcall(_ call: UInt64) -> StaticString? {
    switch call {
    case 1: "socket"
    case 2: "bind"
    case 3: "connect"
    case 4: "listen"
    case 5: "accept"
    case 6: "getsockname"
    case 7: "getpeername"
    case 8: "socketpair"
    case 9: "send"
    case 10: "recv"
    case 11: "sendto"
    case 12: "recvfrom"
    case 13: "shutdown"
    case 14: "setsockopt"
    case 15: "getsockopt"
    case 16: "sendmsg"
    case 17: "recvmsg"
    case 18: "accept4"
    case 19: "recvmmsg"
    case 20: "sendmmsg"
    default: nil
    }
  }

  /// include/uapi/linux/ipc.h
  private static func ipc(_ call: UInt64) -> StaticString? {
    switch call {
    case 1: "semop"
    case 2: "semget"
    case 3: "semctl"
    case 4: "semtimedop"
    case 11: "msgsnd"
    case 12: "msgrcv"
    case 13: "msgget"
    case 14: "msgctl"
    case 21: "shmat"
    case 22: "shmdt"
    case 23: "shmget"
    case 24: "shmctl"
    default: nil
    }
  }
}
