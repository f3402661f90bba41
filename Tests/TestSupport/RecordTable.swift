/// A table of how many records of each type are the kernel's own, by what they tell of.
public struct RecordTable {
  private let columns: [(name: String, comparisons: [Comparison])]

  /// - Parameter columns: what was compared, from left to right; a column is the sum of its comparisons.
  public init(_ columns: [(name: String, comparisons: [Comparison])]) { self.columns = columns }

  /// In Markdown.
  public var text: String {
    var text = "| records | \(columns.map(\.name).joined(separator: " | ")) |\n"
    text += "|---|" + String(repeating: "---|", count: columns.count) + "\n"
    let types = Set(columns.flatMap(\.comparisons).flatMap(\.records.keys)).sorted()
    for type in types {
      text += row(type) { $0.records[type] ?? .none }
      if type == "PATH" { text += row("PATH, but for the object", \.pathsButObjects) }
    }
    text += row("**whole events**", \.events)
    let gaps = columns.map { column in
      "\(column.comparisons.map(\.missing).reduce(0, +)), "
        + "\(column.comparisons.map(\.extra).reduce(0, +))"
    }
    return text + "| missing, extra | \(gaps.joined(separator: " | ")) |\n"
  }

  private func row(_ name: String, _ share: (Comparison) -> Comparison.Share) -> String {
    let cells = columns.map { Comparison.Share.sum(of: $0.comparisons.map(share)).description }
    return "| \(name) | \(cells.joined(separator: " | ")) |\n"
  }
}
