/// How often a daemon's log tells of requests that were refused: whoever is refused can ask again without end.
struct Refusals {
  /// Records in a second; the rest is counted.
  private static let rate = 5

  private var second: Int64 = 0
  private var toldThisSecond = 0
  private var untold: UInt64 = 0
  private var total: UInt64 = 0

  /// Counts one; whether it gets a record of its own.
  mutating func count(at second: Int64) -> Bool {
    total += 1
    if second != self.second {
      self.second = second
      toldThisSecond = 0
    }
    guard toldThisSecond < Self.rate else {
      untold += 1
      return false
    }
    toldThisSecond += 1
    return true
  }

  /// What has had no record since this was last called; nil if that is nothing.
  mutating func takeUntold() -> (new: UInt64, total: UInt64)? {
    guard untold > 0 else { return nil }
    defer { untold = 0 }
    return (untold, total)
  }
}
