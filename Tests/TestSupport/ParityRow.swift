public import Foundation

/// One kind of calls, compared on its own.
public struct ParityRow {
  /// What the table calls them.
  public let calls: String
  /// Whether the object of every PATH record is behind a descriptor, was executed or was created,
  /// so that every backend knows it.
  public let reachesObjects: Bool
  /// The outcome.
  public let comparison: Comparison

  /// The kinds: number of the syscall, its name, whether it succeeded.
  private static let kinds: [(syscall: String, name: String, success: String, objects: Bool)] = [
    ("59", "execve", "yes", true), ("59", "execve", "no", false),
    ("257", "openat", "yes", true), ("257", "openat", "no", false),
    ("42", "connect", "yes", false), ("42", "connect", "no", false),
    ("263", "unlinkat", "yes", false), ("263", "unlinkat", "no", false),
    ("62", "kill", "yes", false), ("62", "kill", "no", false),
    ("200", "tkill", "yes", false),
    ("234", "tgkill", "yes", false), ("234", "tgkill", "no", false),
    ("129", "rt_sigqueueinfo", "yes", false), ("129", "rt_sigqueueinfo", "no", false),
    ("297", "rt_tgsigqueueinfo", "yes", false),
    ("424", "pidfd_send_signal", "yes", false),
    ("101", "ptrace", "yes", false), ("101", "ptrace", "no", false),
  ]

  /// The records that the table has columns for.
  private static let types = [
    "SYSCALL", "EXECVE", "CWD", "PATH", "SOCKADDR", "OBJ_PID", "PROCTITLE",
  ]

  /// Compares each kind in logs of its own below `area`; what is of no kind must not be there.
  /// `ignored` names the fields of a kind's records that are not compared.
  public static func all(
    reference: [AuditEvent], candidate: [AuditEvent], in area: URL,
    ignoring ignored: (_ syscall: String) -> [String] = { _ in [] }
  ) throws -> [ParityRow] {
    var rows: [ParityRow] = []
    var compared = 0
    for kind in kinds {
      let isOfKind = { (event: AuditEvent) in
        event.syscall?["syscall"] == kind.syscall && event.syscall?["success"] == kind.success
      }
      let name = "\(kind.name)-\(kind.success)"
      let logs = ["reference", "candidate"].map { area.appending(path: "\(name).\($0)") }
      try AuditEvent.write(reference.filter(isOfKind), to: logs[0])
      try AuditEvent.write(candidate.filter(isOfKind), to: logs[1])
      let comparison = try Comparison(
        reference: logs[0], candidate: logs[1], ignoring: ignored(kind.name))
      compared += comparison.events.total
      rows.append(
        ParityRow(
          calls: kind.success == "yes" ? kind.name : "\(kind.name), failed",
          reachesObjects: kind.objects, comparison: comparison))
    }
    guard compared == reference.count else {
      throw SupportError("\(reference.count - compared) events are of no kind")
    }
    return rows
  }

  /// A table in Markdown, with a sum.
  public static func table(of rows: [ParityRow]) -> String {
    var text = "| calls | \(types.joined(separator: " | ")) | whole events | missing | extra |\n"
    text += "|---|" + String(repeating: "---|", count: types.count + 3) + "\n"
    for row in rows {
      let cells = types.map { row.comparison.records[$0]?.description ?? "" }
      let (events, missing, extra) =
        (row.comparison.events, row.comparison.missing, row.comparison.extra)
      text += "| \(row.calls) | \(cells.joined(separator: " | ")) "
      text += "| \(events) | \(missing) | \(extra) |\n"
    }
    let sums = types.map { type in sum(rows.compactMap { $0.comparison.records[type] }) }
    let events = sum(rows.map(\.comparison.events))
    text += "| **all** | \(sums.map(\.description).joined(separator: " | ")) | \(events) "
    text += "| \(rows.reduce(0) { $0 + $1.comparison.missing }) "
    text += "| \(rows.reduce(0) { $0 + $1.comparison.extra }) |\n\n"
    let share = 100 * Double(events.identical) / Double(max(events.total, 1))
    return text + String(format: "Identical in every record and field: %.1f %%.\n", share)
  }

  private static func sum(_ shares: [Comparison.Share]) -> Comparison.Share {
    shares.reduce(into: .none) { sum, share in
      sum.identical += share.identical
      sum.total += share.total
    }
  }
}
