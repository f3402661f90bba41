internal import CLibAudit
import CNestaudit

/// What programs have the audit write (kernel/audit.c, audit_receive_msg and audit_log_common_recv_msg).
extension EventRenderer {
  /// What is typed is told in hexadecimal: libauparse reads no longer line.
  private static let longestTyped = Int(EVENT_TEXT_MAX) / 2

  /// Renders a message, as `render` does an event; it is one record.
  public mutating func render(
    _ event: UserEvent, seconds: Int64, milliseconds: Int, enriched: Bool = false
  ) {
    let task = event.process.fixed
    beginEvent(of: event.process, seconds, milliseconds, enriched)
    begin(event.type) { $0.append(nameOfRecord: event.type) }
    segments.text.append("pid=")
    segments.place(.pid)
    field(" uid=", .uid, task.uid)
    field(" auid=", .uid, task.auid)
    segments.text.append(" ses=")
    segments.text.append(decimal: UInt64(task.ses))
    segments.text.append(label: event.process)
    if event.isTerminals { appendTyped(event) } else { appendMessage(event) }
    end()
  }

  /// Up to the first NUL.
  private mutating func appendMessage(_ event: UserEvent) {
    segments.text.append(" msg='")
    var isWhole = false
    event.forEachPart { part in
      guard !isWhole else { return }
      let text = part.untilNUL
      segments.text.append(unquoted: text)
      isWhole = text.count < part.count
    }
    segments.text.append(UInt8(ascii: "'"))
  }

  private mutating func appendTyped(_ event: UserEvent) {
    segments.text.append(" data=")
    var needsHex = false
    event.forEachPart { if $0.needsHex { needsHex = true } }
    if !needsHex { segments.text.append(UInt8(ascii: "\"")) }
    var left = needsHex ? Self.longestTyped : Int(EVENT_TEXT_MAX)
    event.forEachPart { part in
      let text = UnsafeRawBufferPointer(rebasing: part.prefix(left))
      if needsHex { segments.text.append(hexBytes: text) } else { segments.text.append(text) }
      left -= text.count
    }
    if !needsHex { segments.text.append(UInt8(ascii: "\"")) }
  }
}

extension TextBuffer {
  /// A type of records, as auditd writes it (auditd-event.c, format_raw).
  mutating func append(nameOfRecord type: UInt32) {
    if let name = audit_msg_type_to_name(Int32(bitPattern: type)) { return append(cString: name) }
    append("UNKNOWN[")
    append(decimal: UInt64(type))
    append("]")
  }
}
