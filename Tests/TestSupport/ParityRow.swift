public import Foundation

/// One kind of calls, compared on its own.
public struct ParityRow {
  /// What the table calls them.
  public let calls: String
  /// Who knows the object of every PATH record.
  public let objects: Objects
  /// The outcome.
  public let comparison: Comparison

  /// Who knows the objects behind names.
  public enum Objects: Sendable {
    /// Nobody does, of some.
    case some
    /// They are behind a descriptor, were executed or created.
    case always
    /// With the backend hooks.
    case withHooks
  }

  private struct Kind {
    let calls: String
    let syscalls: [String]
    let success: String
    let objects: Objects

    init(_ calls: String, _ syscalls: Int..., success: Bool = true, objects: Objects = .some) {
      self.calls = calls
      self.syscalls = syscalls.map(String.init)
      self.success = success ? "yes" : "no"
      self.objects = objects
    }
  }

  private static let kinds: [Kind] = [
    Kind("execve", 59, objects: .always), Kind("execve", 59, success: false),
    Kind("openat", 257, objects: .always), Kind("openat", 257, success: false),
    Kind("connect", 42), Kind("connect", 42, success: false),
    Kind("unlinkat", 263, objects: .withHooks), Kind("unlinkat", 263, success: false),
    Kind("unlink, rmdir", 87, 84, objects: .withHooks),
    Kind("unlink, rmdir", 87, 84, success: false),
    Kind("mkdir, mknod", 83, 258, 133, objects: .withHooks),
    Kind("mkdir, mknod", 83, 258, 133, success: false),
    Kind("link, symlink", 86, 88, 266, objects: .withHooks),
    Kind("link, symlink", 86, 88, 266, success: false),
    Kind("rename", 82, 264, objects: .withHooks), Kind("rename", 82, 264, success: false),
    Kind("chmod, chown, truncate, utimensat", 90, 268, 92, 94, 76, 280, objects: .withHooks),
    Kind("chmod, chown, truncate, utimensat", 90, 268, 92, 94, 76, 280, success: false),
    Kind("kill", 62), Kind("kill", 62, success: false),
    Kind("tkill, tgkill", 200, 234), Kind("tkill, tgkill", 200, 234, success: false),
    Kind("sigqueue, pidfd_send_signal", 129, 297, 424),
    Kind("sigqueue, pidfd_send_signal", 129, 297, 424, success: false),
    Kind("ptrace", 101), Kind("ptrace", 101, success: false),
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
        kind.syscalls.contains(event.syscall?["syscall"] ?? "")
          && event.syscall?["success"] == kind.success
      }
      let name = "\(kind.calls)-\(kind.success)"
      let logs = ["reference", "candidate"].map { area.appending(path: "\(name).\($0)") }
      try AuditEvent.write(reference.filter(isOfKind), to: logs[0])
      try AuditEvent.write(candidate.filter(isOfKind), to: logs[1])
      let comparison = try Comparison(
        reference: logs[0], candidate: logs[1], ignoring: ignored(kind.calls))
      compared += comparison.events.total
      rows.append(
        ParityRow(
          calls: kind.success == "yes" ? kind.calls : "\(kind.calls), failed",
          objects: kind.objects, comparison: comparison))
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
