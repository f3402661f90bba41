import CNestaudit

/// EVENT_USER: a message that a program has sent to the kernel's audit to have it written.
///
/// Valid as long as the bytes are.
public struct UserEvent {
  /// The sender, as EVENT_PROCESS says it.
  public let process: ProcessEvent
  private let message: event_message

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard let process = ProcessEvent(bytes), let message = process.message else { return nil }
    self.process = process
    self.message = message
  }

  /// The record that it becomes (include/uapi/linux/audit.h); none of those that the kernel makes itself.
  public var type: UInt32 { message.type }

  /// The one type that is written whether the audit is on or not: AUDIT_USER_AVC.
  public var needsAuditOn: Bool { type != 1107 }

  /// What was typed at a terminal: AUDIT_USER_TTY.
  var isTerminals: Bool { type == 1124 }

  /// Whether the sender has CAP_AUDIT_WRITE in the user namespace that owns the view's PID namespace; of the host's view in
  /// the first one.
  public func isPrivileged(in view: NamespaceView) -> Bool {
    let level = view.pidns == 0 ? 0 : process.pids.firstIndex { $0.ns == view.pidns }
    guard let level, level < UInt64.bitWidth else { return false }
    return message.privileged >> UInt64(level) & 1 == 1
  }

  /// The bytes of its text, in parts.
  func forEachPart(_ body: (UnsafeRawBufferPointer) -> Void) {
    var part = 0
    var left = Int(EVENT_TEXT_MAX)
    while left > 0, let text = process.messageText(part), !text.isEmpty {
      body(UnsafeRawBufferPointer(rebasing: text.prefix(left)))
      left -= text.count
      part += 1
    }
  }
}
