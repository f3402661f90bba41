import Foundation
import TestSupport
import Testing

/// What is recorded of the host and of a container makes the same logs elsewhere, byte for byte.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: recorded events"))
struct ReplayTests {
  private static let enriched = Configuration.auditd.replacing("RAW", with: "ENRICHED")

  private static func configuration(in area: URL) throws -> Configuration {
    let configuration = try Configuration(in: area)
    try configuration.daemon(
      "host", scope: "host = yes",
      rules: """
        -a always,exit -F arch=b64 -S openat -F uid=33 -k enriched
        -a always,task -F uid=33
        -w \(area.path)/watched -p wa -k watched
        -a always,exit -F arch=b64 -S execve -F uid>=100000 -F uid<=265535 -k contained

        """
          // libaudit takes exe= from those alone who may ask the kernel's audit for its features.
          + (Workload.parityRules + Workload.programRules)
          .replacing(" -F exe!=/usr/bin/setpriv", with: ""), auditd: enriched)
    try configuration.daemon(
      "app", scope: "container = app*",
      rules: """
        -a always,exit -F arch=b64 -S execve,openat,unlink,unlinkat,rename,mkdir,connect,kill -k app
        -w /etc/passwd -p rwa -k identity
        """, auditd: enriched)
    return configuration
  }

  /// What happens while it is recorded: before it, a container and tasks that go on.
  private struct Scene {
    let area: URL
    let configuration: Configuration
    let recording: Recording
    /// Of each daemon the log, from the recording's first event to its last.
    let logs: [String: Data]
  }

  private static func withScene<Value>(
    options: [String] = [], _ body: (Scene) throws -> Value
  ) throws -> Value {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      let workload = try Workload(in: area)
      let http = try Workload(in: area.appending(path: "http"), as: 33)
      let watched = area.appending(path: "watched")
      try Data("1".utf8).write(to: watched)
      return try RunningCollector.with(in: area, configuration: configuration, limit: .seconds(90))
      { collector in
        try ContainerArea.with(in: area) { containers in
          for name in ["app1", "app2"] {
            try containers.bundle(
              name, hostID: name == "app1" ? 100000 : 200000,
              command: """
                cat /etc/passwd > /dev/null; touch /tmp/a; mv /tmp/a /tmp/b; rm /tmp/b
                wget -q -O /dev/null http://127.0.0.1:9/; (exit 1); while :; do sleep 0.1; done
                """)
          }
          try containers.start(.crun, "app1")
          try wait(for: "the first container") {
            try collector.events(of: "app/app1").contains { $0.syscall?["key"] == "app" }
          }
          let before = try settled(collector)
          let recording = try Recording(
            of: collector, to: area.appending(path: "night.rec"), options: options
          ) {
            try containers.start(.runc, "app2")
            try workload.prepareFiles()
            try workload.run(["parity", "7"], forked: true)
            try workload.run(["hostile"])
            try http.run(["open", "5", "/etc/passwd"], forked: true)
            try Workload.runPrograms(in: area)
            try Data("2".utf8).write(to: watched)
            try containers.execute(
              .crun, "app1", "cat /etc/passwd; kill -0 1; echo x >> /etc/passwd")
            try Program.output(
              of: "crun", ["--root", containers.directory.path + "/crun", "list"])
            _ = try settled(collector)
          }
          let after = try settled(collector)
          return try body(
            Scene(
              area: area, configuration: configuration, recording: recording,
              logs: Dictionary(
                uniqueKeysWithValues: after.map { name, log in
                  (name, log.dropFirst(before[name]?.count ?? 0))
                })))
        }
      }
    }
  }

  private static func settled(_ collector: RunningCollector) throws -> [String: Data] {
    try wait(for: "the logs") { try collector.status().daemons.allSatisfy { $0.backlog == 0 } }
    var logs: [String: Data] = [:]
    for daemon in try collector.status().daemons {
      logs[daemon.name] = try Data(contentsOf: collector.log(of: daemon.name))
    }
    return logs
  }

  @Test func sameRulesMakeTheSameLogs() throws {
    try Self.withScene { scene in
      let replayed = scene.area.appending(path: "replayed")
      let result = try Recording.replay(
        scene.recording.file, by: scene.configuration, into: replayed, options: ["--json"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors == "")
      #expect(scene.logs.count == 3)
      for (name, live) in scene.logs {
        let made = try Data(contentsOf: replayed.appending(path: "\(name)/audit.log"))
        // The container that runs on says more before the recording begins, and once it has ended.
        #expect(
          !made.isEmpty && live.range(of: made) != nil, "\(name): \(difference(live, made))")
        if name == "host" { #expect(made.count > 100_000) }
      }
      // Once more, and nothing depends on when, where or by whom.
      let again = scene.area.appending(path: "again")
      try Recording.replay(scene.recording.file, by: scene.configuration, into: again)
      for name in scene.logs.keys {
        #expect(
          try Data(contentsOf: again.appending(path: "\(name)/audit.log"))
            == Data(contentsOf: replayed.appending(path: "\(name)/audit.log")))
      }
      print(scene.recording.said, result.output)
    }
  }

  @Test func aRecordingOfOneContainerHasNothingElse() throws {
    try Self.withScene(options: ["--for", "app1"]) { scene in
      let replayed = scene.area.appending(path: "replayed")
      let result = try Recording.replay(
        scene.recording.file, by: scene.configuration, into: replayed)
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.contains("the recording is limited to app1"))
      let made = try Data(contentsOf: replayed.appending(path: "app/app1/audit.log"))
      let live = try #require(scene.logs["app/app1"])
      #expect(made.count > 1000 && live.range(of: made) != nil, "\(difference(live, made))")
      let manager = FileManager.default
      #expect(try manager.contentsOfDirectory(atPath: replayed.path).sorted() == ["app", "host"])
      #expect(
        try manager.contentsOfDirectory(atPath: replayed.appending(path: "app").path) == ["app1"])
      let host = try AuditEvent.read(replayed.appending(path: "host/audit.log"))
      // Its own start, and what is in that one container.
      #expect(host.first?.records[0].type == "DAEMON_START")
      let contained = host.dropFirst()
      #expect(contained.contains { $0.syscall?["key"] == "contained" })
      #expect(Set(contained.map { $0.first("CONTAINER_ID")?["contid"] }).count == 1)
    }
  }

  private func difference(_ live: Data, _ made: Data) -> String {
    let (one, two) = (live.split(separator: 10), made.split(separator: 10))
    for (index, pair) in zip(one, two).enumerated() where pair.0 != pair.1 {
      return "line \(index): \(String(decoding: pair.0, as: UTF8.self)) is not "
        + String(decoding: pair.1, as: UTF8.self)
    }
    return "\(live.count) bytes, and \(made.count)"
  }
}
