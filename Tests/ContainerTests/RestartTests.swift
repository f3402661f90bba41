import Foundation
import TestSupport
import Testing

/// Containers stay who they are when the collector is killed, those that begin and end without one too.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: containers and a collector that is killed")
)
struct ContainerRestarts {
  private static let rules = "-a always,exit -F arch=b64 -S rmdir -k removed\n"

  /// Fails to remove so many directories, each of a name of its own, each in a program of its own.
  private static func removals(_ count: Int) -> String {
    "n=0; while [ $n -lt \(count) ]; do n=$((n+1)); /bin/busybox rmdir /m$n 2>/dev/null; done; true"
  }

  /// What each call was to remove, by its title: of what is not there PATH tells the directory alone.
  private func names(_ events: [AuditEvent]) -> [String] {
    events.filter { $0.syscall?["key"] == "removed" }.map { event in
      let digits = Array(event.first("PROCTITLE")?["proctitle"] ?? "")
      let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
        UInt8(String(digits[$0...($0 + 1)]), radix: 16)
      }
      return String(decoding: bytes.split(separator: 0).last ?? [], as: UTF8.self)
    }
  }

  @Test(.timeLimit(.minutes(4)))
  func theirLogsGoOnWithoutAGap() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = restart-*", rules: Self.rules)
      try ContainerArea.with(in: area) { containers in
        let count = 3000
        try containers.bundle(
          "restart-web", command: Self.removals(count) + "; echo done; while :; do sleep 1; done")
        try containers.bundle(
          "restart-leaving", hostID: 200000, command: "while :; do sleep 1; done")
        try containers.bundle("restart-brief", hostID: 300000, command: Self.removals(50))
        // The first one has the programs loaded, of which a busy machine makes much.
        var collector = try RunningCollector(
          in: area, configuration: configuration, limit: .seconds(90))
        try containers.start(.runc, "restart-leaving")
        let contid = try ContainerArea.cgroup(of: try containers.start(.crun, "restart-web")).id
        try wait(for: "its daemon") {
          try collector.status().daemons.contains { $0.name == "all/restart-web" }
        }
        try collector.control("all/restart-web", "-w", "/told", "-k", "told")
        var kills = 0
        while kills < 12 || !containers.output(of: "restart-web").contains("done") {
          usleep(UInt32.random(in: 50_000..<400_000))
          if kills == 3 {
            // It does something of which the collector may know, and of which none can.
            try containers.execute(.runc, "restart-leaving", Self.removals(20))
            try collector.kill()
            try containers.execute(.runc, "restart-leaving", Self.removals(30))
            try containers.delete(.runc, "restart-leaving")
            try containers.run(.crun, "restart-brief")
          } else {
            try collector.kill()
          }
          kills += 1
          collector = try RunningCollector(in: area, configuration: configuration)
        }
        try wait(for: "the containers that have ended") {
          try collector.status().containers.map(\.name).filter { $0.hasPrefix("restart-") }
            == ["restart-web"]
        }
        let web = try #require(try collector.status().containers.first { $0.name == "restart-web" })
        #expect(web.contid == contid && web.daemons == ["all/restart-web"])
        #expect(try collector.control("all/restart-web", "-l").contains("-w /told"))
        let result = try collector.stop()
        #expect(result.status == 0, "\(result.errors)")

        let expected = [
          "restart-web": Array(1...count), "restart-leaving": Array(1...20) + Array(1...30),
          "restart-brief": Array(1...50),
        ]
        for (name, numbers) in expected {
          let events = try collector.events(of: "all/\(name)")
          #expect(names(events) == numbers.map { "/m\($0)" }, "\(name)")
          let scan = try LogScan(collector.log(of: "all/\(name)"))
          #expect(
            scan.jumps.isEmpty && scan.torn.isEmpty && scan.losses.isEmpty,
            "\(name): \(scan.jumps.prefix(3)) \(scan.torn.prefix(3)) \(scan.losses.prefix(3))")
          let operations = events.flatMap(\.records).filter { $0.type == "CONTAINER_OP" }
          #expect(
            operations.compactMap { $0["op"] }
              == (name == "restart-web" ? ["set"] : ["set", "drop"]))
        }
        #expect(
          try FileManager.default.contentsOfDirectory(
            atPath: area.appending(path: "log/all").path
          ).sorted() == ["restart-brief", "restart-leaving", "restart-web"])
      }
    }
  }
}
