import Foundation
import TestSupport
import Testing

/// Events that could not be delivered are counted for their container, and said.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: the counting of lost events"))
struct Losses {
  private static let calls = 3000
  private static let rules =
    "-a always,exit -F arch=b64 -S rmdir -F success=0 -k flood\n"

  @Test func aRingThatOverflowsIsCountedAndSaid() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for name in ["noisy", "quiet"] {
        try configuration.daemon(name, scope: "container = \(name)", rules: Self.rules)
      }
      try RunningCollector.with(
        in: area, configuration: configuration, options: ["--ring-size", "64K"]
      ) { collector in
        try ContainerArea.with(in: area) { containers in
          let idle = "while :; do sleep 1; done"
          var ids: [String: UInt64] = [:]
          for (name, runtime) in [("noisy", ContainerRuntime.crun), ("quiet", .runc)] {
            try containers.bundle(name, command: idle)
            ids[name] = try ContainerArea.cgroup(of: try containers.start(runtime, name)).id
          }
          let flood = "n=0; while [ $n -lt \(Self.calls) ]; do echo missing; n=$((n+1)); done"
          try collector.whileSuspended {
            try containers.execute(.crun, "noisy", flood + " | xargs rmdir 2>/dev/null; true")
          }
          try wait(for: "the count of what was lost") {
            try container("noisy", of: collector, ids).lost > 0
          }
          try wait(for: "all of the flood") {
            let written = try collector.events(of: "noisy").count { $0.syscall != nil }
            let lost = try container("noisy", of: collector, ids).lost
            return written + Int(lost) >= Self.calls
          }
          let noisy = try container("noisy", of: collector, ids)
          let events = try collector.events(of: "noisy")
          let written = events.count { $0.syscall != nil }
          #expect(UInt64(written) + noisy.lost == UInt64(Self.calls))
          #expect(noisy.seen >= UInt64(written))
          #expect(try container("quiet", of: collector, ids).lost == 0)

          let said = events.flatMap(\.records).filter { $0.text.contains("op=lost-events") }
          #expect(said.compactMap { $0["total"] }.last == "\(noisy.lost)")
          #expect(said.compactMap { $0["lost"].flatMap { UInt64($0) } }.reduce(0, +) == noisy.lost)
          let daemon = try #require(
            try collector.status().daemons.first { $0.name == "noisy" })
          #expect(daemon.lost == noisy.lost)
        }
      }
      let log = area.appending(path: "log/noisy/audit.log")
      let complaints = try AuditTools.complaints(about: log)
      #expect(complaints == [])
      let quiet = try AuditEvent.read(area.appending(path: "log/quiet/audit.log"))
      #expect(!quiet.contains { $0.lines[0].contains("lost-events") })
    }
  }

  private func container(
    _ name: String, of collector: RunningCollector, _ ids: [String: UInt64]
  ) throws -> CollectorStatus.Container {
    try #require(try collector.status().containers.first { $0.contid == ids[name] })
  }
}
