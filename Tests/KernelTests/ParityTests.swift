import Foundation
import TestSupport
import Testing

/// The same calls, the same rules: what the kernel's own audit wrote against what the host's
/// daemon wrote.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: parity with the kernel's audit"))
struct Parity {
  @Test func everyEventIsThereAndSaysTheSame() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Workload.parityRules)

      let reference = try withKernelAudit(rules: Workload.parityRules, in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try workload.runAsRoot(["foreign", "make"])
          defer { _ = try? workload.runAsRoot(["foreign", "remove"]) }
          try workload.run(["parity", "500"])
          try workload.run(["hostile"])
          try workload.runAsRoot(["privileged", "little"])
        }
      }
      let candidate = area.appending(path: "log/host/audit.log")
      let rows = try ParityRow.all(
        reference: try AuditEvent.read(reference).filter(Self.isWorkload),
        candidate: try AuditEvent.read(candidate).filter(Self.isWorkload), in: area)
      print(ParityRow.table(of: rows))
      for row in rows {
        for difference in row.comparison.differences { print("\(row.calls): \(difference)") }
      }
      if let page = ProcessInfo.processInfo.environment["NESTAUDIT_PARITY_PAGE"] {
        try replaceSection(
          "parity", of: Machine.package.appending(path: page), with: ParityRow.table(of: rows))
      }

      #expect(rows.reduce(0) { $0 + $1.comparison.events.total } >= 500)
      for row in rows {
        #expect(row.comparison.missing == 0, "\(row.calls)")
        #expect(row.comparison.extra == 0, "\(row.calls)")
        for (type, share) in row.comparison.records where type != "PATH" {
          // What a rename replaces is known to hooks alone: its item is missing.
          if type == "SYSCALL", row.calls == "rename" { continue }
          #expect(share.isWhole, "\(row.calls): \(type)")
        }
        if row.objects == .always {
          #expect(row.comparison.records["PATH"]?.isWhole == true, "\(row.calls)")
        }
      }
    }
  }

  /// Whether an event is the rule's, and not one of auditctl setting it up.
  private static func isWorkload(_ event: AuditEvent) -> Bool {
    event.syscall?["key"] == "parity"
  }
}
