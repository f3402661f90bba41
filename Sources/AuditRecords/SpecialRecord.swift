import CNestaudit

/// The one record of its own that some syscalls have (kernel/auditsc.c, show_special).
struct SpecialRecord {
  /// Of the record.
  let type: RecordType
  private let data: UnsafeRawBufferPointer

  /// nil if the event has none, or fewer numbers than such a record tells.
  init?(of event: SyscallEvent) {
    guard let special = event.special, let type = RecordType(rawValue: UInt32(special.type)),
      special.data.count >= 8 * Self.leastNumbers(type)
    else { return nil }
    self.type = type
    data = special.data
  }

  private static func leastNumbers(_ type: RecordType) -> Int {
    switch type {
    case .mqOpen: 6
    case .mqSendRecv, .mqGetSetAttr: 5
    case .capset: 4
    case .openat2: 3
    case .mqNotify, .mmap: 2
    default: 0
    }
  }

  /// Appends the record's fields.
  func append(to segments: inout Segments) {
    switch type {
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
