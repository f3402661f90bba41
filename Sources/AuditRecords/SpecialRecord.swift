import CNestaudit

/// A record of its own that some syscalls have (kernel/auditsc.c, show_special).
struct SpecialRecord {
  /// Of the record.
  let type: RecordType
  private let data: UnsafeRawBufferPointer

  /// nil if there is no such type, or fewer numbers than such a record tells.
  /// - Parameter type: `enum special_type`.
  init?(type: Int, data: UnsafeRawBufferPointer) {
    guard let type = RecordType(rawValue: UInt32(type)), data.count >= 8 * Self.leastNumbers(type)
    else { return nil }
    self.type = type
    self.data = data
  }

  private static func leastNumbers(_ type: RecordType) -> Int {
    switch type {
    case .timeAdjNTPVal: 2 * adjusted.count
    case .mqOpen: 6
    case .mqSendRecv, .mqGetSetAttr: 5
    case .capset, .ipcSetPerm: 4
    case .openat2, .ipc: 3
    case .mqNotify, .mmap, .timeInjOffset: 2
    default: 0
    }
  }

  /// What adjtimex changes, as audit_log_time names it.
  private static let adjusted: [StaticString] = [
    "offset", "freq", "status", "tai", "tick", "adjust",
  ]

  /// How many records there may be: of TIME_ADJNTPVAL one for each number.
  var lines: Int { type == .timeAdjNTPVal ? Self.adjusted.count : 1 }

  /// Whether a record is there: a number that has not changed has none.
  func has(_ line: Int) -> Bool {
    type != .timeAdjNTPVal || number(2 * line) != number(2 * line + 1)
  }

  /// Appends a record's fields.
  func append(_ line: Int, to segments: inout Segments) {
    switch type {
    case .ipc:
      segments.text.append("ouid=")
      segments.place(.uid, UInt32(truncatingIfNeeded: number(0)))
      segments.text.append(" ogid=")
      segments.place(.gid, UInt32(truncatingIfNeeded: number(1)))
      segments.text.append(" mode=")
      segments.text.append(octal: number(2) & 0xffff)
    case .ipcSetPerm:
      segments.text.append("qbytes=")
      segments.text.append(hex: number(0))
      segments.text.append(" ouid=")
      segments.place(.givenUID, UInt32(truncatingIfNeeded: number(1)))
      segments.text.append(" ogid=")
      segments.place(.givenGID, UInt32(truncatingIfNeeded: number(2)))
      segments.text.append(" mode=")
      segments.text.append(octal: number(3) & 0xffff)
    case .timeInjOffset:
      segments.text.append("sec=")
      segments.text.append(signed: long(0))
      segments.text.append(" nsec=")
      segments.text.append(signed: long(1))
    case .timeAdjNTPVal:
      segments.text.append("op=")
      segments.text.append(Self.adjusted[line])
      segments.text.append(" old=")
      segments.text.append(signed: long(2 * line))
      segments.text.append(" new=")
      segments.text.append(signed: long(2 * line + 1))
    case .socketcall: appendSocketcall(to: &segments.text)
    case .mqOpen:
      segments.text.append("oflag=0x")
      segments.text.append(hex: UInt64(UInt32(truncatingIfNeeded: number(0))))
      segments.text.append(" mode=")
      segments.text.append(octal: number(1) & 0xffff)
      appendQueueAttributes(from: 2, to: &segments.text)
    case .mqSendRecv:
      segments.text.append("mqdes=")
      segments.text.append(signed: int(0))
      segments.text.append(" msg_len=")
      segments.text.append(signed: long(1))
      segments.text.append(" msg_prio=")
      segments.text.append(decimal: number(2) & 0xffff_ffff)
      segments.text.append(" abs_timeout_sec=")
      segments.text.append(signed: long(3))
      segments.text.append(" abs_timeout_nsec=")
      segments.text.append(signed: long(4))
    case .mqNotify:
      segments.text.append("mqdes=")
      segments.text.append(signed: int(0))
      segments.text.append(" sigev_signo=")
      segments.text.append(signed: int(1))
    case .mqGetSetAttr:
      segments.text.append("mqdes=")
      segments.text.append(signed: int(0))
      appendQueueAttributes(from: 1, to: &segments.text)
    case .capset:
      segments.text.append("pid=")
      segments.place(.pid)
      appendCapabilities(" cap_pi=", number(0), to: &segments.text)
      appendCapabilities(" cap_pp=", number(1), to: &segments.text)
      appendCapabilities(" cap_pe=", number(2), to: &segments.text)
      appendCapabilities(" cap_pa=", number(3), to: &segments.text)
    case .mmap:
      segments.text.append("fd=")
      segments.text.append(signed: int(0))
      segments.text.append(" flags=0x")
      segments.text.append(hex: number(1) & 0xffff_ffff)
    case .kernModule:
      segments.text.append("name=")
      segments.text.append(untrusted: data)
    case .openat2:
      segments.text.append("oflag=0")
      segments.text.append(octalDigits: number(0))
      segments.text.append(" mode=0")
      segments.text.append(octalDigits: number(1))
      segments.text.append(" resolve=0x")
      segments.text.append(hex: number(2))
    default: break
    }
  }

  // MARK: Numbers

  private func number(_ index: Int) -> UInt64 {
    data.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
  }

  private func long(_ index: Int) -> Int64 { Int64(bitPattern: number(index)) }

  private func int(_ index: Int) -> Int64 { Int64(Int32(truncatingIfNeeded: number(index))) }

  // MARK: Fields

  private func appendSocketcall(to text: inout TextBuffer) {
    let count = min(data.count / 8, 6)
    text.append("nargs=")
    text.append(decimal: UInt64(count))
    for index in 0..<count {
      text.append(" a")
      text.append(decimal: UInt64(index))
      text.append("=")
      text.append(hex: number(index))
    }
  }

  private func appendQueueAttributes(from first: Int, to text: inout TextBuffer) {
    text.append(" mq_flags=0x")
    text.append(hex: number(first))
    text.append(" mq_maxmsg=")
    text.append(signed: long(first + 1))
    text.append(" mq_msgsize=")
    text.append(signed: long(first + 2))
    text.append(" mq_curmsgs=")
    text.append(signed: long(first + 3))
  }

  /// audit_log_cap: an empty set is one digit.
  private func appendCapabilities(
    _ name: StaticString, _ set: UInt64, to text: inout TextBuffer
  ) {
    text.append(name)
    text.append(hex: set, width: set == 0 ? 1 : 16)
  }
}
