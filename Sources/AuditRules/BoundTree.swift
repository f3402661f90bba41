import CNestaudit

/// Sorted bounds as a tree of lines of TABLE_KEYS, so that a number's interval is found in `depth` steps.
struct BoundTree {
  /// Ascending.
  let bounds: [UInt32]
  /// From the root down to the leaves; each line is TABLE_KEYS bounds and how many of them hold.
  let levels: [[[UInt32]]]

  var depth: Int { levels.count }

  /// - Parameter bounds: ascending, at most TABLE_VALUES_MAX.
  init(_ bounds: [UInt32]) {
    let keys = Int(TABLE_KEYS)
    let fanout = Int(TABLE_FANOUT)
    self.bounds = bounds
    let chunks = stride(from: 0, to: max(bounds.count, 1), by: keys).map {
      Array(bounds[$0..<min($0 + keys, bounds.count)])
    }
    var levels = [chunks.map(Self.line)]
    // The first bound of each line below but a node's first tells its children apart.
    var firsts = chunks.map { $0.first ?? 0 }
    while firsts.count > 1 {
      let nodes = stride(from: 0, to: firsts.count, by: fanout).map {
        Array(firsts[$0..<min($0 + fanout, firsts.count)])
      }
      levels.insert(nodes.map { Self.line(Array($0.dropFirst())) }, at: 0)
      firsts = nodes.map { $0[0] }
    }
    self.levels = levels
  }

  /// What does not hold is above every number.
  private static func line(_ bounds: [UInt32]) -> [UInt32] {
    bounds + [UInt32](repeating: .max, count: Int(TABLE_KEYS) - bounds.count)
      + [UInt32(bounds.count)]
  }
}
