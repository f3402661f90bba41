/// The records of a syscall's event, by their number (include/uapi/linux/audit.h).
public enum RecordType: UInt32, Sendable {
  case syscall = 1300
  case path = 1302
  case sockaddr = 1306
  case cwd = 1307
  case execve = 1309
  case objPid = 1318
  case proctitle = 1327

  /// Every one, made once: asked for each event.
  public static let all: [RecordType] = [
    .syscall, .path, .sockaddr, .cwd, .execve, .objPid, .proctitle,
  ]

  var name: StaticString {
    switch self {
    case .syscall: "SYSCALL"
    case .path: "PATH"
    case .sockaddr: "SOCKADDR"
    case .cwd: "CWD"
    case .execve: "EXECVE"
    case .objPid: "OBJ_PID"
    case .proctitle: "PROCTITLE"
    }
  }
}

/// A set of types of records, of those that a syscall's event has.
public struct RecordTypes: Sendable, Equatable {
  private var bits: UInt32 = 0
  private static let first = RecordType.syscall.rawValue

  /// None of them.
  public static let none = RecordTypes()

  init() {}

  var isEmpty: Bool { bits == 0 }

  /// Adds a type.
  public mutating func insert(_ type: RecordType) { bits |= 1 << (type.rawValue - Self.first) }

  /// Whether a type is in the set.
  @inline(__always)
  public func contains(_ type: RecordType) -> Bool { contains(type.rawValue) }

  @inline(__always)
  func contains(_ type: UInt32) -> Bool { bits >> (type - Self.first) & 1 == 1 }
}
