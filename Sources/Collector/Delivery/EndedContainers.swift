/// The containers that ended last. A syscall may name one that has ended meanwhile: a signal to many is on its way when
/// the first of them is gone already.
struct EndedContainers {
  /// How many are known at most.
  static let most = 128

  private var entries: [ContainerEntry] = []
  /// Whose place is the next one's, once there are so many.
  private var oldest = 0

  /// Remembers one that ends.
  mutating func note(_ entry: ContainerEntry) {
    if entries.count < Self.most { return entries.append(entry) }
    entries[oldest] = entry
    oldest = (oldest + 1) % Self.most
  }

  /// The one that had this contid; nil if it is not among them. No contid is given twice.
  subscript(contid: UInt64) -> ContainerEntry? { entries.first { $0.contid == contid } }
}
