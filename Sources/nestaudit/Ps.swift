import ArgumentParser
import Control
import FoundationEssentials

/// `nestaudit ps`: the containers that the collector knows.
struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "Show containers as a tree, with their daemons and counts.")

  @Flag(name: .long, help: "Print everything as JSON.")
  var json = false

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func run() throws {
    let status = try ControlClient.status(state: collector.state)
    var output = Output()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      output.append(bytes: try encoder.encode(status))
      output.append("\n")
    } else {
      for line in PsTable(status).lines(isColored: coloring.color.isOn) {
        output.append(line + "\n")
      }
    }
    output.flush()
    for container in status.containers where !json && container.unreadable > 0 {
      complain(
        "\(escaped(container.name)): \(container.unreadable) events tell of memory that could not be read any more"
      )
    }
    if !json && status.skippedRuns > 0 {
      complain("the kernel skipped \(status.skippedRuns) runs of the capture programs")
    }
    let unconfirmed = status.containers.reduce(0) { $0 + $1.unconfirmed }
    if !json && unconfirmed > 0 {
      complain("\(unconfirmed) events have a name that nothing confirms")
    }
  }
}

/// The containers as rows, each under the one around it.
struct PsTable {
  private static let header = [
    "NAME", "CONTID", "RUNTIME", "IMAGE", "DAEMONS", "PIDS", "CAPTURED", "WRITTEN",
    "FILTERED", "LOST",
  ]
  /// Columns that hold numbers are aligned at the right.
  private static let leftAligned = [
    true, false, true, true, true, false, false, false, false, false,
  ]

  private var rows: [[String]] = []

  init(_ status: StatusReply) {
    let containers = status.containers
    let known = Set(containers.map(\.contid))
    var inner: [UInt64: [ContainerStatus]] = [:]
    for container in containers where container.contid != 0 {
      // One whose outer container is gone moves to the host.
      let outer = container.parent.flatMap { known.contains($0) ? $0 : nil } ?? 0
      inner[outer, default: []].append(container)
    }
    var shown: Set<UInt64> = []
    if let host = containers.first(where: { $0.contid == 0 }) { rows.append(Self.row(host, "")) }
    addContainers(of: 0, from: inner, indent: "", shown: &shown)
  }

  func lines(isColored: Bool) -> [String] {
    let all = [Self.header] + rows
    let widths = Self.header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.enumerated().map { number, row in
      var cells = row.enumerated().map { column, text in
        let padding = String(repeating: " ", count: widths[column] - text.count)
        return Self.leftAligned[column] ? text + padding : padding + text
      }
      let lost = cells.count - 1
      cells[lost] = Color.red.paint(
        cells[lost], if: isColored && number > 0 && row[lost] != "0")
      return cells.joined(separator: "  ")
    }
  }

  private mutating func addContainers(
    of outer: UInt64, from inner: [UInt64: [ContainerStatus]], indent: String,
    shown: inout Set<UInt64>
  ) {
    let children = (inner[outer] ?? []).sorted { ($0.name, $0.contid) < ($1.name, $1.contid) }
    for (index, child) in children.enumerated() where shown.insert(child.contid).inserted {
      let isLast = index == children.count - 1
      rows.append(Self.row(child, indent + (isLast ? "└─ " : "├─ ")))
      addContainers(
        of: child.contid, from: inner, indent: indent + (isLast ? "   " : "│  "), shown: &shown)
    }
  }

  private static func row(_ container: ContainerStatus, _ branch: String) -> [String] {
    [
      branch + escaped(container.name) + (container.frozen.map { " (\(escaped($0)))" } ?? ""),
      String(container.contid),
      container.runtime ?? "-", container.image.map(escaped) ?? "-",
      container.daemons.isEmpty ? "-" : escaped(container.daemons.joined(separator: ",")),
      String(container.pids), String(container.books.captured), String(container.books.written),
      String(container.books.filtered), String(container.books.lost),
    ]
  }
}
