public import Foundation

/// What other people's programs make of a log.
public enum AuditTools {
  /// Everything that ausearch, aureport and auparse find wrong with a log; empty if it is whole.
  public static func complaints(about log: URL) throws -> [String] {
    try ausearch(log) + aureport(log) + aulast(log) + auparse(log) + gaps(log)
  }

  /// aureport's reports, by option: man aureport(8). The first, without one, is the sum of all.
  private static let reports = [
    nil, "--auth", "--avc", "--comm", "--config", "--crypto", "--event", "--file", "--host",
    "--integrity",
    "--key", "--login", "--mods", "--mac", "--anomaly", "--pid", "--response", "--syscall",
    "--terminal", "--tty",
    "--user", "--virt", "--executable", "--log",
  ]
  /// Of these there is no sum.
  private static let unsummed = ["--log", "--tty"]

  /// The sums that aureport gives of two logs, where they differ in more than the order of what is equally frequent.
  /// - Parameter left: reports that are not asked for; of their number nothing is said in the sum of all either.
  public static func differingSums(
    _ reference: URL, _ candidate: URL, leavingOut left: [String]
  ) throws -> [String] {
    let silent = ["Range of time", "Selected time"] + left.map { "Number of \($0.dropFirst(2))" }
    return try reports.filter { !(unsummed + left).contains($0 ?? "") }.compactMap { report in
      let sums = try [reference, candidate].map { log in
        try Program.run(
          "aureport", ["-i", "--summary", "-if", log.path] + [report].compactMap(\.self)
        )
        .output.split(separator: "\n").filter { line in !silent.contains { line.hasPrefix($0) } }
        .sorted()
      }
      guard sums[0] != sums[1] else { return nil }
      return "aureport --summary \(report ?? ""):\n"
        + sums.map { $0.joined(separator: "\n") }.joined(separator: "\nis not\n")
    }
  }

  /// ausearch repeats each line that it can parse: all of them must come back.
  private static func ausearch(_ log: URL) throws -> [String] {
    // A socket's path in the format ENRICHED need not be UTF-8.
    let lines = String(decoding: try Data(contentsOf: log), as: UTF8.self).split(separator: "\n")
    let raw = try Program.run("ausearch", ["--raw", "-if", log.path])
    var complaints: [String] = []
    // It adds auditd's separator to what has nothing behind it, if another record of the event has.
    let repeated = raw.output.split(separator: "\n").map { line in
      line.hasSuffix("\u{1d}") ? line.dropLast() : line
    }
    let missing = Set(lines).subtracting(repeated)
    complaints += missing.prefix(5).map { "ausearch: lost: \($0)" }
    if !raw.errors.isEmpty { complaints.append("ausearch: \(raw.errors)") }

    let interpreted = try Program.run("ausearch", ["-i", "-if", log.path])
    let shown = interpreted.output.split(separator: "\n").count { $0.hasPrefix("type=") }
    if shown != lines.count { complaints.append("ausearch -i: \(shown) of \(lines.count) lines") }
    if interpreted.status != 0 { complaints.append("ausearch -i: \(interpreted.errors)") }
    return complaints
  }

  private static func aureport(_ log: URL) throws -> [String] {
    try reports.flatMap { name in
      let report = try Program.run(
        "aureport", ["-i", "-if", log.path] + [name].compactMap(\.self))
      // A connect may give a short address; aureport says so of the kernel's own records too.
      let errors = report.errors.split(separator: "\n").filter { !$0.hasSuffix("len too short") }
      var complaints = errors.map { "aureport \(name ?? ""): \($0)" }
      // 1: no such events.
      if report.status != 0, !report.output.contains("<no events of interest were found>") {
        complaints.append("aureport \(name ?? ""): exit status \(report.status)")
      }
      return complaints
    }
  }

  /// How often aureport cannot make sense of which type of record. There are such of the kernel's own.
  public static func unparsed(_ log: URL) throws -> [String: Int] {
    let report = try Program.run("aureport", ["--debug", "-if", log.path])
    return report.errors.matches(of: /Unparsed type:(-?\d+)/)
      .reduce(into: [:]) { counts, line in counts[String(line.1), default: 0] += 1 }
  }

  private static func aulast(_ log: URL) throws -> [String] {
    let result = try Program.run("aulast", ["-f", log.path])
    return result.status == 0 && result.errors.isEmpty
      ? [] : ["aulast: exit status \(result.status): \(result.errors)"]
  }

  private static func auparse(_ log: URL) throws -> [String] {
    let result = try Program.run(Machine.script("auparse-check"), [log.path])
    let complaints = (result.output + result.errors).split(separator: "\n")
      .map { "auparse: \($0)" }
    return result.status == 0 || !complaints.isEmpty
      ? complaints : ["auparse: exit status \(result.status)"]
  }

  private static func gaps(_ log: URL) throws -> [String] {
    try AuditEvent.read(log).compactMap { event in
      event.gap.map { "incomplete: \($0): \(event.lines.first ?? "")" }
    }
  }
}
