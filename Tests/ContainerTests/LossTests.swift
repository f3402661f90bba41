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

  /// Its end, which the full ring refuses to tell, must not take the count with it.
  @Test func aContainerThatIsGoneAgainStillSaysWhatItLost() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("brief", scope: "container = brief", rules: Self.rules)
      try RunningCollector.with(
        in: area, configuration: configuration, options: ["--ring-size", "64K"]
      ) { collector in
        try ContainerArea.with(in: area) { containers in
          let flood = "n=0; while [ $n -lt \(Self.calls) ]; do echo missing; n=$((n+1)); done"
          try containers.bundle("brief", command: flood + " | xargs rmdir 2>/dev/null; true")
          try collector.whileSuspended { try containers.run(.crun, "brief") }
        }
        try wait(for: "the end of its daemon") {
          try collector.events(of: "brief").last?.records[0].type == "DAEMON_END"
        }
        let events = try collector.events(of: "brief")
        let written = events.count { $0.syscall != nil }
        let said = events.flatMap(\.records).filter { $0.text.contains("op=lost-events") }
        let lost = said.compactMap { $0["total"].flatMap { Int($0) } }.last ?? 0
        #expect(lost > 0)
        #expect(written + lost == Self.calls)
        #expect(try collector.status().containers.map(\.name) == ["host"])
      }
    }
  }

  /// The same where the end is told: it comes before the next second's look at the losses.
  @Test func aQuickEndLeavesNoLossUnsaid() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("quick", scope: "container = quick-*", rules: Self.rules)
      let names = (1...10).map { "quick-\($0)" }
      try RunningCollector.with(
        in: area, configuration: configuration, options: ["--ring-size", "64K"]
      ) { collector in
        try ContainerArea.with(in: area) { containers in
          let flood = "n=0; while [ $n -lt \(Self.calls) ]; do echo missing; n=$((n+1)); done"
          for name in names {
            try containers.bundle(name, command: flood + " | xargs rmdir 2>/dev/null; true")
            try containers.run(.crun, name)
          }
        }
      }
      var total = 0
      for name in names {
        let events = try AuditEvent.read(area.appending(path: "log/quick/\(name)/audit.log"))
        let said = events.flatMap(\.records).filter { $0.text.contains("op=lost-events") }
        let lost = said.compactMap { $0["total"].flatMap { Int($0) } }.last ?? 0
        total += lost
        #expect(events.count { $0.syscall != nil } + lost == Self.calls, "\(name)")
      }
      print("lost of \(names.count * Self.calls): \(total)")
    }
  }

  /// That its cgroup is gone is seen before what it has done comes out of the ring.
  @Test func nothingOfAContainerIsLostByItsEnd() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for name in ["loud-1", "loud-2", "brief"] {
        try configuration.daemon(name, scope: "container = \(name)", rules: Self.rules)
      }
      let share = area.appending(path: "share")
      try FileManager.default.createDirectory(at: share, withIntermediateDirectories: false)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          for name in ["loud-1", "loud-2"] {
            try containers.bundle(name, command: "while :; do sleep 1; done")
            try containers.start(.crun, name)
          }
          try containers.bundle(
            "brief", shares: ["/share": share],
            command: "until [ -e /share/go ]; do sleep 0.1; done; rmdir /missing")
          let brief = try containers.start(.crun, "brief")
          try wait(for: "all containers") { try collector.status().containers.count == 4 }
          try collector.whileSuspended {
            // More than is looked at before a second's chores.
            for name in ["loud-1", "loud-2"] {
              try containers.execute(
                .crun, name, "yes missing | head -n 60000 | xargs rmdir 2>/dev/null; true")
            }
            try Data().write(to: share.appending(path: "go"))
            try wait(for: "its end") { kill(brief, 0) != 0 }
            try containers.delete(.crun, "brief")
          }
          try wait(for: "the end of its daemon") {
            try collector.events(of: "brief").last?.records[0].type == "DAEMON_END"
          }
        }
      }
      let events = try AuditEvent.read(area.appending(path: "log/brief/audit.log"))
      #expect(events.count { $0.syscall != nil } == 1)
    }
  }

  private func container(
    _ name: String, of collector: RunningCollector, _ ids: [String: UInt64]
  ) throws -> CollectorStatus.Container {
    try #require(try collector.status().containers.first { $0.contid == ids[name] })
  }
}
