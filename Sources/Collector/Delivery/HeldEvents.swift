import CNestaudit

/// The events of a container from its birth on, as they came from the ring, until it is known whose they are.
struct HeldEvents {
  /// More bytes are not held: the container is then taken for what is known of it.
  static let limit = 4 << 20
  /// Likewise of a container in another, which may have any number of them made.
  static let innerLimit = 256 << 10

  private let limit: Int

  private var bytes: [UInt8] = []

  init(isInner: Bool = false) { limit = isInner ? Self.innerLimit : Self.limit }

  /// Whether `size` bytes more fit.
  func hasRoom(for size: Int) -> Bool { bytes.count + size <= limit }

  /// Keeps an event, behind those before it.
  mutating func append(_ event: UnsafeRawBufferPointer) { bytes += event }

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
