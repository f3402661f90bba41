import CNestaudit

/// Some of the routes of a container, by their places in the list.
struct RouteSet {
  /// So many routes a container can have.
  static let most = 128

  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// None.
  init() {}

  var isEmpty: Bool { low | high == 0 }

  /// Adds the route at a place below `most`.
  @inline(__always)
  mutating func insert(_ index: Int) {
    if index < 64 { low |= 1 << UInt64(index) } else { high |= 1 << UInt64(index - 64) }
  }

  /// Whether it has the route at a place below `most`.
  @inline(__always)
  func contains(_ index: Int) -> Bool {
    (index < 64 ? low >> UInt64(index) : high >> UInt64(index - 64)) & 1 == 1
  }

  /// Whether the route at a place may want an event with these bits of BPF: those behind the first
  /// POLICY_DAEMONS_MAX have one bit together.
  @inline(__always)
  static func may(_ wants: UInt32, _ index: Int) -> Bool {
    let bit = index < Int(POLICY_DAEMONS_MAX) ? UInt32(index) : UInt32(POLICY_MORE_BIT)
    return wants >> bit & 1 == 1
  }
}
