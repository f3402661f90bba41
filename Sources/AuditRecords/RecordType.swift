/// The records that events have, by their number (include/uapi/linux/audit.h).
public enum RecordType: UInt32, Sendable {
  case login = 1006
  case syscall = 1300
  case path = 1302
  case ipc = 1303
  case socketcall = 1304
  case sockaddr = 1306
  case cwd = 1307
  case execve = 1309
  case ipcSetPerm = 1311
  case mqOpen = 1312
  case mqSendRecv = 1313
  case mqNotify = 1314
  case mqGetSetAttr = 1315
  case fdPair = 1317
  case objPid = 1318
  case bprmFcaps = 1321
  case capset = 1322
  case mmap = 1323
  case seccomp = 1326
  case proctitle = 1327
  case kernModule = 1330
  case fanotify = 1331
  case timeInjOffset = 1332
  case timeAdjNTPVal = 1333
  case bpf = 1334
  case uringop = 1336
  case openat2 = 1337
  case anomPromiscuous = 1700
  case anomAbend = 1701

  /// Every one, made once: asked for each event.
  public static let all: [RecordType] = [
    .syscall, .path, .ipc, .socketcall, .sockaddr, .cwd, .execve, .ipcSetPerm, .mqOpen, .mqSendRecv,
    .mqNotify, .mqGetSetAttr, .fdPair, .objPid, .bprmFcaps, .capset, .mmap, .proctitle, .kernModule,
    .timeInjOffset, .timeAdjNTPVal, .uringop, .openat2, .login, .seccomp, .fanotify, .bpf,
    .anomPromiscuous,
    .anomAbend,
  ]

  var name: StaticString {
    switch self {
    case .login: "LOGIN"
    case .syscall: "SYSCALL"
    case .path: "PATH"
    case .ipc: "IPC"
    case .socketcall: "SOCKETCALL"
    case .sockaddr: "SOCKADDR"
    case .cwd: "CWD"
    case .execve: "EXECVE"
    case .ipcSetPerm: "IPC_SET_PERM"
    case .mqOpen: "MQ_OPEN"
    case .mqSendRecv: "MQ_SENDRECV"
    case .mqNotify: "MQ_NOTIFY"
    case .mqGetSetAttr: "MQ_GETSETATTR"
    case .fdPair: "FD_PAIR"
    case .objPid: "OBJ_PID"
    case .bprmFcaps: "BPRM_FCAPS"
    case .capset: "CAPSET"
    case .mmap: "MMAP"
    case .seccomp: "SECCOMP"
    case .proctitle: "PROCTITLE"
    case .kernModule: "KERN_MODULE"
    case .fanotify: "FANOTIFY"
    case .timeInjOffset: "TIME_INJOFFSET"
    case .timeAdjNTPVal: "TIME_ADJNTPVAL"
    case .bpf: "BPF"
    case .uringop: "URINGOP"
    case .openat2: "OPENAT2"
    case .anomPromiscuous: "ANOM_PROMISCUOUS"
    case .anomAbend: "ANOM_ABEND"
    }
  }
}

/// A set of types of records, of those that events have.
public struct RecordTypes: Sendable, Equatable {
  private var bits: UInt64 = 0
  private static let first = RecordType.syscall.rawValue

  /// None of them.
  public static let none = RecordTypes()
  /// All but the kernel's own, which need no rule.
  public static let ofSyscalls: RecordTypes = {
    let own: [RecordType] = [
      .login, .seccomp, .fanotify, .bpf, .anomPromiscuous, .anomAbend,
    ]
    var types = RecordTypes()
    for type in RecordType.all where !own.contains(type) { types.insert(type) }
    return types
  }()
  /// What listeners answered.
  public static let fanotify: RecordTypes = {
    var types = RecordTypes()
    types.insert(.fanotify)
    return types
  }()
  /// What a syscall's event has only where there are rules (kernel/auditsc.c, audit_dummy_context).
  public static let gatheredForRules: RecordTypes = {
    var types = RecordTypes.fanotify
    for type in RecordType.all
    where type != .syscall && type != .proctitle && ofSyscalls.contains(type) {
      types.insert(type)
    }
    return types
  }()

  init() {}

  /// Places are below this.
  static let places = 64

  var isEmpty: Bool { bits == 0 }

  /// Adds a type.
  public mutating func insert(_ type: RecordType) { insert(type.rawValue) }

  mutating func insert(_ type: UInt32) { bits |= 1 << Self.place(type) }

  /// Whether a type is in the set.
  @inline(__always)
  public func contains(_ type: RecordType) -> Bool { contains(type.rawValue) }

  @inline(__always)
  func contains(_ type: UInt32) -> Bool { bits >> Self.place(type) & 1 == 1 }

  /// All but one.
  public func subtracting(_ type: RecordType) -> RecordTypes {
    var types = self
    types.bits &= ~(1 << Self.place(type.rawValue))
    return types
  }

  /// Both in one.
  public func union(_ other: RecordTypes) -> RecordTypes {
    var types = self
    types.bits |= other.bits
    return types
  }

  /// Those that begin with 1300 in their order; behind them the few others.
  @inline(__always)
  static func place(_ type: UInt32) -> UInt32 {
    switch type {
    case RecordType.login.rawValue: 61
    case RecordType.anomPromiscuous.rawValue: 62
    case RecordType.anomAbend.rawValue: 63
    default: type - first
    }
  }
}
