/// The records of a syscall's event, by their number (include/uapi/linux/audit.h).
public enum RecordType: UInt32, Sendable {
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
  case capset = 1322
  case mmap = 1323
  case proctitle = 1327
  case kernModule = 1330
  case timeInjOffset = 1332
  case timeAdjNTPVal = 1333
  case openat2 = 1337

  /// Every one, made once: asked for each event.
  public static let all: [RecordType] = [
    .syscall, .path, .ipc, .socketcall, .sockaddr, .cwd, .execve, .ipcSetPerm, .mqOpen, .mqSendRecv,
    .mqNotify, .mqGetSetAttr, .fdPair, .objPid, .capset, .mmap, .proctitle, .kernModule,
    .timeInjOffset, .timeAdjNTPVal, .openat2,
  ]

  var name: StaticString {
    switch self {
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
    case .capset: "CAPSET"
    case .mmap: "MMAP"
    case .proctitle: "PROCTITLE"
    case .kernModule: "KERN_MODULE"
    case .timeInjOffset: "TIME_INJOFFSET"
    case .timeAdjNTPVal: "TIME_ADJNTPVAL"
    case .openat2: "OPENAT2"
    }
  }
}

/// A set of types of records, of those that a syscall's event has.
public struct RecordTypes: Sendable, Equatable {
  private var bits: UInt64 = 0
  private static let first = RecordType.syscall.rawValue

  /// None of them.
  public static let none = RecordTypes()

  init() {}

  var isEmpty: Bool { bits == 0 }

  /// Adds a type.
  public mutating func insert(_ type: RecordType) { insert(type.rawValue) }

  mutating func insert(_ type: UInt32) { bits |= 1 << (type - Self.first) }

  /// Whether a type is in the set.
  @inline(__always)
  public func contains(_ type: RecordType) -> Bool { contains(type.rawValue) }

  @inline(__always)
  func contains(_ type: UInt32) -> Bool { bits >> (type - Self.first) & 1 == 1 }
}
