import Foundation
import TestSupport
import Testing

/// A container's log begins with its very first exec, however it was started and however short it lives.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: the first exec of a container"))
struct FirstExec {
  private static let starts = 500

  @Test(arguments: ContainerRuntime.allCases)
  func itIsInTheRightLogOfFiveHundredInARow(runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      let status = try RunningCollector.with(in: area, configuration: Self.configuration(area)) {
        collector in
        try ContainerArea.with(in: area) { containers in
          for number in 1...Self.starts {
            let name = "first-\(number)"
            try containers.bundle(name, command: "exec /bin/true \(name)")
            try containers.run(runtime, name)
          }
        }
        return try collector.status()
      }
      try Self.check(status, in: area, first: ["/bin/sh", "/bin/true"]) { "first-\($0)" }
    }
  }

  @Test func itIsInTheRightLogOfFiveHundredOfPodmanInARow() throws {
    guard Engine.podman.isInstalled else { return }
    try withTemporaryDirectory { area in
      let status = try RunningCollector.with(in: area, configuration: Self.configuration(area)) {
        collector in
        try Engine.podman.runEach(Self.starts, in: area)
        return try collector.status()
      }
      try Self.check(status, in: area, first: ["/bin/true"]) { "each-\($0)" }
    }
  }

  private static func configuration(_ area: URL) throws -> Configuration {
    let configuration = try Configuration(in: area)
    try configuration.daemon(
      "all", scope: "container = *\n", rules: "-a always,exit -F arch=b64 -S execve -k exec\n")
    return configuration
  }

  /// Each has its log, which tells its own execs, each once, and nobody else's.
  private static func check(
    _ status: CollectorStatus, in area: URL, first execs: [String], name: (Int) -> String
  ) throws {
    #expect(status.daemons.allSatisfy { $0.lost == 0 })
    var right = 0
    var wrong: [String] = []
    for number in 1...starts {
      let name = name(number)
      let log = area.appending(path: "log/all/\(name)/audit.log")
      let events = try AuditEvent.read(log)
      let found = events.filter { $0.first("EXECVE") != nil }
      let isRight =
        found.map { $0.first("EXECVE")?["a0"] } == execs
        && found.allSatisfy { $0.syscall?["pid"] == "1" && $0.first("CONTAINER_ID") == nil }
        && found.last?.first("EXECVE")?["a1"] == name
        && events.map { $0.first("CONTAINER_OP")?["op"] }.compactMap(\.self) == ["set", "drop"]
      if isRight {
        right += 1
      } else {
        wrong.append(name)
        let text = try? String(contentsOf: log, encoding: .utf8)
        print("the log of \(name):\n" + (text ?? "there is none"))
      }
    }
    print("first exec in the right log: \(right) of \(starts)")
    #expect(wrong == [])
    // No log besides theirs: a name is a container's once.
    let logs = try FileManager.default.contentsOfDirectory(
      atPath: area.appending(path: "log/all").path)
    #expect(Set(logs).subtracting((1...starts).map(name)) == [])
  }
}
