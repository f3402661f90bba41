import Foundation
import TestSupport
import Testing

/// Requests of io_uring under the kernel's own audit and under the host's daemon at once.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: the kernel's audit"))
struct RingTests {
  @Test func requestsAreToldAsTheKernelTellsThem() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes", rules: RingParity.rules,
        auditd: Configuration.auditd.replacing("RAW", with: "ENRICHED"))
      let reference = try withKernelAudit(rules: "", format: "ENRICHED", in: area) {
        try workload.runAsRoot(["ring-rule", "\(Workload.uid)", "ring"])
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try workload.run(["ring"])
        }
      }
      let log = area.appending(path: "log/host/audit.log")
      let parity = try RingParity(
        reference: try AuditEvent.read(reference), candidate: try AuditEvent.read(log), in: area)
      print(parity.table)
      for comparison in parity.all {
        for difference in comparison.differences { print(difference) }
        #expect(comparison.missing == 0)
        #expect(comparison.extra == 0)
        for (type, share) in comparison.records where type != "PATH" {
          #expect(share.isWhole, "\(type)")
        }
      }
      let paths = parity.done.pathsButObjects
      #expect(paths.identical == paths.total)
      #expect(parity.done.events.total >= 10)
      #expect(parity.alone.events.total >= 40)
      try writeParity("ring-tracepoints", parity.table)
      #expect(try AuditTools.complaints(about: log) == [])
    }
  }

  /// With no rule for io_uring nothing of ours is asked about a request; with one for the syscall it is told in it.
  @Test func aRuleForTheSyscallTellsItsRequests() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "enter", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S io_uring_enter -F uid=\(Workload.uid) -k enter")
      try configuration.daemon(
        "never", scope: "host = yes",
        rules: """
          -a never,io_uring -S openat -F uid=\(Workload.uid)
          -a always,io_uring -S openat,openat2 -F uid=\(Workload.uid) -k openat2
          """)
      try RunningCollector.with(in: area, configuration: configuration) { _ in
        try workload.run(["ring"])
      }
      let enter = try AuditEvent.read(area.appending(path: "log/enter/audit.log"))
      var told = 0
      for event in enter where event.records.contains(where: { $0.type == "URINGOP" }) {
        told += 1
        #expect(event.syscall?["key"] == "enter")
        #expect(event.records[0]["key"] == "enter")
      }
      #expect(told >= 10)
      let never = try AuditEvent.read(area.appending(path: "log/never/audit.log"))
      let operations = Set(never.flatMap(\.records).compactMap { $0["uring_op"] })
      #expect(operations == ["28"])
    }
  }
}
