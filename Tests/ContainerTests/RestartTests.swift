import Foundation
import TestSupport
import Testing

/// Containers stay who they are when the collector is killed, those that begin and end without one too.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: containers and a collector that is killed")
)
struct ContainerRestarts {
  private static let rules = "-a always,exit -F arch=b64 -S rmdir -k removed\n"

  /// Has busybox fail to remove so many directories, each of a name of its own.
  private static func removals(_ count: Int) -> String {
    "n=0; while [ $n -lt \(count) ]; do n=$((n+1)); rmdir /m$n 2>/dev/null; done"
  }

  private func names(_ events: [AuditEvent]) -> [String] {
    events.filter { $0.syscall?["key"] == "removed" }.compactMap { event in
      event.records.first { $0.type == "PATH" && $0["nametype"] != "PARENT" }?["name"]
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func theirLogsGoOnWithoutAGap() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      try ContainerArea.with(in: area) { containers in
        let count = 3000
        try containers.bundle(
          "web", command: Self.removals(count) + "; echo done; while :; do sleep 1; done")
        try containers.bundle("leaving", hostID: 200000, command: "while :; do sleep 1; done")
        try containers.bundle("brief", hostID: 300000, command: Self.removals(50))
        // The first one has the programs loaded, of which a busy machine makes much.
        var collector = try RunningCollector(
          in: area, configuration: configuration, limit: .seconds(90))
        try containers.start(.runc, "leaving")
        let contid = try ContainerArea.cgroup(of: try containers.start(.crun, "web")).id
        var kills = 0
        while kills < 12 || !containers.output(of: "web").contains("done") {
          usleep(UInt32.random(in: 50_000..<400_000))
          if kills == 3 {
            // It does something of which the collector may know, and of which none can.
            try containers.execute(.runc, "leaving", Self.removals(20))
            try collector.kill()
            try containers.execute(.runc, "leaving", Self.removals(30))
            try containers.delete(.runc, "leaving")
            try containers.run(.crun, "brief")
          } else {
            try collector.kill()
          }
          kills += 1
          collector = try RunningCollector(in: area, configuration: configuration)
        }
        try wait(for: "the containers that have ended") {
          try collector.status().containers.map(\.name).sorted() == ["host", "web"]
        }
        let web = try #require(try collector.status().containers.first { $0.name == "web" })
        #expect(web.contid == contid && web.daemons == ["all/web"])
        let result = try collector.stop()
        #expect(result.status == 0, "\(result.errors)")

        let expected = [
          "web": Array(1...count), "leaving": Array(1...20) + Array(1...30), "brief": Array(1...50),
        ]
        for (name, numbers) in expected {
          let events = try collector.events(of: "all/\(name)")
          #expect(names(events) == numbers.map { "/m\($0)" }, "\(name)")
          let scan = try LogScan(collector.log(of: "all/\(name)"))
          #expect(scan.jumps.isEmpty && scan.torn.isEmpty && scan.losses.isEmpty, "\(name)")
          let operations = events.flatMap(\.records).filter { $0.type == "CONTAINER_OP" }
          #expect(
            operations.compactMap { $0["op"] } == (name == "web" ? ["set"] : ["set", "drop"]))
        }
        #expect(
          try FileManager.default.contentsOfDirectory(
            atPath: area.appending(path: "log/all").path
          ).sorted() == ["brief", "leaving", "web"])
      }
    }
  }
}
