public import Foundation

/// The records that need no rule, of the workload's processes, and what goes with them.
public enum OwnRecords {
  /// Their types.
  public static let types = ["LOGIN", "SECCOMP", "ANOM_ABEND", "ANOM_PROMISCUOUS"]

  /// The events of a log that have such records of the workload's user: each as its records, in the log's order.
  /// Labels of an LSM are left out.
  public static func told(in log: URL) throws -> [[String]] {
    try AuditEvent.read(log).filter { event in
      event.records.contains { types.contains($0.type) && $0["uid"] == "\(Workload.uid)" }
    }.map { event in
      event.records.filter { $0.type != "EOE" }.map { record in
        "\(record.type): \(record.text.replacing(/\ subj=\S+/, with: ""))"
      }
    }
  }

  /// How many there are of each type.
  public static func counts(_ events: [[String]]) -> [String: Int] {
    events.joined().reduce(into: [:]) { counts, record in
      let type = String(record.prefix { $0 != ":" })
      if types.contains(type) { counts[type, default: 0] += 1 }
    }
  }

  /// The events of a log that have a record of a type which says nothing of its task: as above.
  public static func events(with type: String, in log: URL) throws -> [[String]] {
    try AuditEvent.read(log).filter { $0.first(type) != nil }.map { event in
      event.records.filter { $0.type != "EOE" }.map { record in
        "\(record.type): \(record.text.replacing(/\ subj=\S+/, with: ""))"
      }
    }
  }
}
