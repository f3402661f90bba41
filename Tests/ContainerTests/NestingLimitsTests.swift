import Foundation
import TestSupport
import Testing

/// As many containers in each other as the kernel has PID namespaces, and more than are allowed.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: many containers in each other"))
struct NestingLimits {
  private static let rules = "-a always,exit -F arch=b64 -S execve -k exec\n"

  @Test(arguments: [31])
  func eachOfManyLevelsHasItsOwnView(levels: Int) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { _ in
        try NestedContainers.run(
          .init(repeating: .none, count: levels), in: area, command: "/bin/true innermost; exit 0")
      }
      var directory = area.appending(path: "log/all")
      var chains: [Int] = []
      for level in 0...levels {
        if level > 0 { directory.append(path: "level\(level)") }
        let log = level == 0 ? area.appending(path: "log/host") : directory
        let events = try AuditEvent.read(log.appending(path: "audit.log"))
        let event = try #require(
          events.first { $0.first("EXECVE")?["a1"] == "innermost" }, "level \(level)")
        let chain = event.first("CONTAINER_ID")?["contid"]?.split(separator: ",").count ?? 0
        chains.append(chain)
        // More daemons than one policy asks in the kernel: the last ones are asked by the collector alone.
        #expect(events.map(\.serial) == Array(1...UInt64(events.count)))
      }
      #expect(chains == Array((0...levels).reversed()))
    }
  }

  @Test(arguments: [
    ("max_depth = 2", "more than 2 in each other (EMLINK)"),
    ("max_containers = 1", "more than 1 inside (ENOSR)"),
  ])
  func whatIsTooDeepOrTooManyStaysAPartOfTheOneAround(setting: String, message: String) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area, settings: setting)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      let written = try RunningCollector.with(in: area, configuration: configuration) { collector in
        try NestedContainers.run(
          [.none, .none, .none], in: area, command: "/bin/true innermost; exit 0")
        return collector.written
      }
      #expect(written.contains("container level3 in level1/level2: \(message)"))
      let log = area.appending(path: "log/all/level1/level2")
      #expect(!FileManager.default.fileExists(atPath: log.path + "/level3"))
      let event = try #require(
        try AuditEvent.read(log.appending(path: "audit.log")).first {
          $0.first("EXECVE")?["a1"] == "innermost"
        })
      #expect(event.first("CONTAINER_ID") == nil)
    }
  }
}
