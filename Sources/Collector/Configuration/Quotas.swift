/// How much of the machine a daemon's own people may take up: scope.conf. Root of the host is not bound by them,
/// but for what is said of logs and records.
public struct Quotas: Sendable, Equatable {
  /// `max_rules`: how many rules there may be once a container has changed them.
  public var rules = 1000
  /// `max_rate`: records in a second, whatever `-r` says; 0 is no limit.
  public var rate = 0
  /// `max_backlog`: the largest `-b`; it bounds the collector's memory.
  public var backlog = 65536
  /// `log_quota`: bytes in the log and its rotated predecessors; 0 is what auditd.conf makes of them.
  public var logBytes = 0
  /// `max_connections`: of a container at a time.
  public var connections = 4

  /// The defaults.
  public init() {}

  static let keys = ["max_rules", "max_rate", "max_backlog", "log_quota", "max_connections"]

  init(_ values: KeyValueFile) throws(ConfigurationError) {
    rules = try values.number("max_rules", 0...4096, default: rules)
    rate = try values.number("max_rate", 0...Int(Int32.max), default: rate)
    backlog = try values.number("max_backlog", 1...10_000_000, default: backlog)
    connections = try values.number("max_connections", 0...64, default: connections)
    if let entry = values["log_quota"] {
      guard let bytes = Self.bytes(entry.value) else {
        throw values.failure(entry, "give bytes, or a number with K, M or G: 512M")
      }
      logBytes = bytes
    }
  }

  /// The rate that holds where the rules ask for this one; 0 is no limit.
  func rate(for wanted: Int) -> Int {
    if rate == 0 { return wanted }
    return wanted == 0 ? rate : min(wanted, rate)
  }

  private static func bytes(_ text: String) -> Int? {
    let units: [Character: Int] = ["K": 10, "M": 20, "G": 30]
    let unit = text.uppercased().last.flatMap { units[$0] }
    guard let number = Int(unit == nil ? text[...] : text.dropLast()),
      (0...(1 << 20)).contains(number) || unit == nil && (0...(1 << 50)).contains(number)
    else { return nil }
    return number << (unit ?? 0)
  }
}
