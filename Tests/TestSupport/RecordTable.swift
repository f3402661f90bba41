/// A table of how many records of each type are the kernel's own, by what they tell of.
public struct RecordTable {
  private let columns: [(name: String, comparison: Comparison)]

  /// - Parameter columns: what was compared, from left to right.
  public init(_ columns: [(name: String, comparison: Comparison)]) { self.columns = columns }

  /// In Markdown.
  public var text: String {
    var text = "| records | \(columns.map(\.name).joined(separator: " | ")) |\n"
    text += "|---|" + String(repeating: "---|", count: columns.count) + "\n"
    let types = Set(columns.flatMap(\.comparison.records.keys)).sorted()
    for type in types {
      text += row(type) { $0.records[type] ?? .none }
      if type == "PATH" { text += row("PATH, but for the object", \.pathsButObjects) }
    }
    text += row("**whole events**", \.events)
    text += row("missing, extra", { "\($0.missing), \($0.extra)" })
    return text
  }

  private func row(_ name: String, _ cell: (Comparison) -> some CustomStringConvertible) -> String {
    "| \(name) | \(columns.map { cell($0.comparison).description }.joined(separator: " | ")) |\n"
  }
}
