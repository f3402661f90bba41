public import CNestaudit

/// EVENT_TOUCHED: a file that a syscall found, made or removed.
///
/// Valid as long as the bytes are.
public struct TouchedEvent {
  /// All but the chain.
  public let fixed: event_touched
  /// The whole event.
  let bytes: UnsafeRawBufferPointer
  fileprivate static let size =
    MemoryLayout<event_touched>.size + Int(EVENT_CHAIN_MAX) * MemoryLayout<event_link>.size

  /// nil if it is not a whole event of its kind.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.size else { return nil }
    fixed = bytes.loadUnaligned(as: event_touched.self)
    self.bytes = UnsafeRawBufferPointer(rebasing: bytes[0..<Self.size])
  }
}

/// The files that one syscall found, made or removed, one behind the other.
///
/// Valid as long as the bytes are.
public struct TouchedFiles {
  private let bytes: UnsafeRawBufferPointer

  /// None.
  public static var none: TouchedFiles {
    TouchedFiles(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
  }

  init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// How many there are.
  public var count: Int { bytes.count / TouchedEvent.size }

  /// What was in a role to the syscall, by its path of this index; its place and its object.
  func file(_ role: object_role, path: Int) -> (place: Int, object: event_object)? {
    for place in 0..<count {
      let fixed = fixed(place)
      if Int(fixed.path) == path, UInt32(fixed.object.role) == role.rawValue {
        return (place, fixed.object)
      }
    }
    return nil
  }

  /// The file at a place and the directories above it, nearest first.
  func chain(_ place: Int) -> UnsafeBufferPointer<event_link> {
    let start = place * TouchedEvent.size + MemoryLayout<event_touched>.size
    return UnsafeBufferPointer(
      start: bytes.baseAddress?.advanced(by: start).assumingMemoryBound(to: event_link.self),
      count: min(Int(fixed(place).links), Int(EVENT_CHAIN_MAX)))
  }

  private func fixed(_ place: Int) -> event_touched {
    bytes.loadUnaligned(fromByteOffset: place * TouchedEvent.size, as: event_touched.self)
  }
}
