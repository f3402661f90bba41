import CNestaudit

/// The events of a container from its birth on, as they came from the ring, until it is known whose they are.
struct HeldEvents {
  /// More bytes are not held: the container is then taken for what is known of it.
  static let limit = 4 << 20
  /// Likewise of a container in another, which may have any number of them made.
  static let innerLimit = 256 << 10

  private let limit: Int

  private var bytes: [UInt8] = []
  /// Of them, those that books count: what tells of a task, or belongs to another event, is none.
  private(set) var counted: UInt64 = 0

  init(isInner: Bool = false) { limit = isInner ? Self.innerLimit : Self.limit }

  /// Whether `size` bytes more fit.
  func hasRoom(for size: Int) -> Bool { bytes.count + size <= limit }

  /// Keeps an event, behind those before it.
  mutating func append(_ event: UnsafeRawBufferPointer) {
    bytes += event
    let header = event.loadUnaligned(as: event_header.self)
    switch UInt32(header.type) {
    case EVENT_SYSCALL.rawValue, EVENT_USER.rawValue: counted += 1
    case EVENT_REQUEST.rawValue, EVENT_OWN.rawValue:
      counted += UInt32(header.flags) & EVENT_OF_SYSCALL.rawValue == 0 ? 1 : 0
    default: break
    }
  }

  /// Gives each event in the order in which it came.
  func replay(_ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      var at = 0
      while at < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[at...])
        let size = Int(rest.loadUnaligned(as: event_header.self).size)
        body(UnsafeRawBufferPointer(rebasing: rest[..<size]))
        at += size
      }
    }
  }
}
