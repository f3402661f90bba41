public import Foundation

/// What `scripts/compare-audit-logs` says of two logs of the same activity.
public struct Comparison {
  /// How many of something are identical, of how many.
  public struct Share: CustomStringConvertible, Equatable, Sendable {
    /// How many are identical in every field.
    public var identical: Int
    /// How many the reference has.
    public var total: Int

    /// A share of nothing, to add to.
    public static let none = Share(identical: 0, total: 0)

    /// Several of them.
    public static func sum(of shares: [Share]) -> Share {
      shares.reduce(into: .none) { sum, share in
        sum.identical += share.identical
        sum.total += share.total
      }
    }

    /// Whether all are.
    public var isWhole: Bool { identical == total }
    /// `identical/total`; nothing where there is nothing.
    public var description: String { total == 0 ? "" : "\(identical)/\(total)" }
  }

  /// Events.
  public let events: Share
  /// Records by type.
  public let records: [String: Share]
  /// Events of the reference that the candidate lacks.
  public let missing: Int
  /// Events of the candidate that the reference lacks.
  public let extra: Int
  /// What was printed, with the differences.
  public let text: String
  /// The kernel's, and ours.
  public let logs: [URL]

  /// Compares the kernel's log with a daemon's, but for the fields `ignored`, which are named
  /// `field` or `TYPE.field`.
  public init(reference: URL, candidate: URL, ignoring ignored: [String] = []) throws {
    let result = try Program.run(
      Machine.script("compare-audit-logs"),
      [
        reference.path, candidate.path, "--show", "1000000", "--ignore",
        ignored.joined(separator: ","),
      ]
    )
    logs = [reference, candidate]
    text = result.output
    guard
      let sum = text.firstMatch(
        of: /identical events (\d+)\/(\d+) = \S+ missing (\d+), extra (\d+)/)
    else { throw SupportError("compare-audit-logs: \(result.output)\(result.errors)") }
    events = Share(identical: Int(sum.1) ?? 0, total: Int(sum.2) ?? 0)
    missing = Int(sum.3) ?? 0
    extra = Int(sum.4) ?? 0
    records = text.matches(of: /(?m)^(\S+) +records (\d+)\/(\d+) identical/)
      .reduce(into: [:]) { shares, line in
        shares[String(line.1)] = Share(identical: Int(line.2) ?? 0, total: Int(line.3) ?? 0)
      }
  }

  /// Compares events, by way of two logs below `area`, which begin with `name`.
  public init(
    _ name: String, reference: [AuditEvent], candidate: [AuditEvent], in area: URL,
    ignoring ignored: [String] = []
  ) throws {
    let logs = Self.logs(name, in: area)
    try AuditEvent.write(reference, to: logs[0])
    try AuditEvent.write(candidate, to: logs[1])
    try self.init(reference: logs[0], candidate: logs[1], ignoring: ignored)
  }

  private static func logs(_ name: String, in area: URL) -> [URL] {
    ["reference", "candidate"].map { area.appending(path: "\(name).\($0)") }
  }

  /// How many PATH records are identical, or lack the object, with its capabilities, and differ in nothing else.
  public var pathsButObjects: Share {
    guard var share = records["PATH"] else { return .none }
    share.identical += differences.count { line in
      guard let found = line.firstRange(of: " PATH: ") else { return false }
      let differences = line[found.upperBound...].split(separator: "; ")
      guard differences.contains(where: { $0.hasPrefix("inode=") }) else { return false }
      return differences.allSatisfy { difference in
        difference.hasSuffix(" | absent")
          && Self.objectFields.contains { difference.hasPrefix($0 + "=") }
          || difference.hasPrefix("cap_") && difference.hasSuffix(" | ?")
      }
    }
    return share
  }

  private static let objectFields = [
    "inode", "dev", "mode", "ouid", "ogid", "rdev", "cap_frootid", "enriched",
  ]

  /// The lines that say what differs.
  public var differences: [Substring] {
    text.split(separator: "\n").filter { $0.hasPrefix("differs:") || $0.hasPrefix("missing:") }
  }
}

/// Replaces a section of the page that `make parity` writes; nothing, if it is not that which runs.
public func writeParity(_ name: String, _ text: String) throws {
  guard let page = ProcessInfo.processInfo.environment["NESTAUDIT_PARITY_PAGE"] else { return }
  try replaceSection(name, of: Machine.package.appending(path: page), with: text)
}

/// Replaces what stands in a page between `<!-- NAME:begin -->` and `<!-- NAME:end -->`.
func replaceSection(_ name: String, of page: URL, with text: String) throws {
  let (begin, end) = ("<!-- \(name):begin -->", "<!-- \(name):end -->")
  let old = try String(contentsOf: page, encoding: .utf8)
  guard let from = old.range(of: begin), let to = old.range(of: end),
    from.upperBound <= to.lowerBound
  else { throw SupportError("\(page.path) has no \(begin) … \(end)") }
  let new = old[..<from.upperBound] + "\n" + text + old[to.lowerBound...]
  try new.write(to: page, atomically: true, encoding: .utf8)
}
