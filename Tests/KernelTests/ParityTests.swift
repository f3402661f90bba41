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
      try workload.prepareFiles()
      let rules = Workload.parityRules + Workload.programRules
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: rules)

      let reference = try withKernelAudit(rules: rules, in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try workload.runAsRoot(["foreign", "make"])
          defer { _ = try? workload.runAsRoot(["foreign", "remove"]) }
          try workload.run(["parity", "500"])
          try workload.run(["hostile"])
          try workload.run(["program"], with: "bpf")
          try workload.runAsRoot(["privileged", "little"])
          try Workload.runPrograms(in: area)
        }
      }
      let ours = area.appending(path: "log/host/audit.log")
      let logs = (
        kernel: try AuditEvent.read(reference),
        ours: try AuditEvent.read(ours)
      )
      let calls = (
        kernel: logs.kernel.filter { Self.has("parity", $0) },
        ours: logs.ours.filter { Self.has("parity", $0) }
      )
      let rows = try ParityRow.all(reference: calls.kernel, candidate: calls.ours, in: area)
      let programs = try Comparison(
        "programs", reference: logs.kernel.filter { Self.has("programs", $0) }.inOrderOfText,
        candidate: logs.ours.filter { Self.has("programs", $0) }.inOrderOfText, in: area)
      let table = RecordTable([
        ("the calls", rows.map(\.comparison)), ("the programs", [programs]),
      ])
      print(ParityRow.table(of: rows), table.text)
      for row in rows {
        for difference in row.comparison.differences { print("\(row.calls): \(difference)") }
      }
      for difference in programs.differences { print("programs: \(difference)") }
      try writeParity("parity", ParityRow.table(of: rows))
      try writeParity("tracepoints", table.text)

      #expect(rows.reduce(0) { $0 + $1.comparison.events.total } >= 3000)
      for row in rows {
        #expect(row.comparison.missing == 0, "\(row.calls)")
        #expect(row.comparison.extra == 0, "\(row.calls)")
        for (type, share) in row.comparison.records where type != "PATH" {
          #expect(
            share.total - share.identical <= Self.known[row.calls]?[type] ?? 0,
            "\(row.calls): \(type)")
        }
        let paths = row.comparison.pathsButObjects
        #expect(
          paths.total - paths.identical <= Self.known[row.calls]?["PATH"] ?? 0, "\(row.calls)")
        if row.objects == .always {
          #expect(row.comparison.records["PATH"]?.isWhole == true, "\(row.calls)")
        }
      }
      #expect(programs.missing == 0)
      #expect(programs.extra == 0)
      for (type, share) in programs.records where type != "PATH" {
        #expect(share.isWhole, "programs: \(type)")
      }
      let paths = programs.pathsButObjects
      #expect(paths.total - paths.identical <= Self.known["programs"]?["PATH"] ?? 0)
      #expect(try AuditTools.complaints(about: ours) == [])
      // Of the calls some names are told otherwise, and some addresses are absent, as above.
      let sums = try AuditTools.differingSums(
        programs.logs[0], programs.logs[1], leavingOut: [])
      #expect(sums == [])
      let all = try Comparison("calls", reference: calls.kernel, candidate: calls.ours, in: area)
      let callSums = try AuditTools.differingSums(
        all.logs[0], all.logs[1], leavingOut: ["--file", "--host"])
      #expect(callSums == [])
      #expect(try AuditTools.unparsed(all.logs[0]) == AuditTools.unparsed(all.logs[1]))
    }
  }

  /// How many records of a kind of calls differ in more than the absent object, as docs/parity.md tells: an address that
  /// has not all found room is not known, nor which of a mount's two names led nowhere; access asks by other ids than the
  /// task's; a mode that has been changed is the new one, and so is a root that has been moved.
  private static let known: [String: [String: Int]] = [
    "recvfrom, recvmsg, recvmmsg": ["SOCKADDR": 1],
    "stat, access, readlink, …, failed": ["PATH": 3],
    "fchmod, fchown, fgetxattr, …": ["PATH": 1],
    "mount, umount2, pivot_root, …": ["CWD": 1],
    "mount, umount2, pivot_root, …, failed": ["PATH": 5, "SYSCALL": 2],
  ]

  /// Whether an event is the rule's, and not one of auditctl setting it up.
  private static func has(_ key: String, _ event: AuditEvent) -> Bool {
    event.syscall?["key"] == key
  }
}
