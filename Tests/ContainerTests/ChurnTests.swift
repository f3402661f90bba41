import Foundation
import TestSupport
import Testing

/// Ten containers started and ended a second, beside a hundred that stay: everything is in the right log, nothing is lost, and
/// afterwards everything is as it was. For a minute; NESTAUDIT_CHURN has it go on for so many seconds.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers that come and go"))
struct Churn {
  private static let staying = 100
  private static let names = (1...10).map { "comes-\($0)" }
  private static let seconds =
    ProcessInfo.processInfo.environment["NESTAUDIT_CHURN"].flatMap { Int($0) } ?? 60

  @Test func nothingIsLostOrLeftBehind() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      let rules = "-a always,exit -F arch=b64 -S execve -k exec\n-w /etc/passwd -p wa -k passwd\n"
      try configuration.daemon("all", scope: "container = *", rules: rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle("stays", command: "exec sleep 10000")
          for number in 1...Self.staying { try containers.start("stays-\(number)", of: "stays") }
          for name in Self.names { try containers.bundle(name, command: "exec /bin/true \(name)") }
          let before = try State(collector, once: Self.staying)
          let starts = try Self.churn(containers)
          let after = try State(collector, once: Self.staying)
          print(
            "\(starts) containers came and went in \(Self.seconds) s; resident \(before.resident) KiB, then \(after.resident) KiB; tables \(before.tables), then \(after.tables)"
          )
          #expect(after.lost == 0)
          #expect(after.tables == before.tables)
          #expect(after.descriptors == before.descriptors)
          // What the allocator keeps for next time.
          #expect(after.resident < before.resident + 16 * 1024)
          try Self.check(area, starts: starts)
        }
      }
    }
  }

  /// Starts ten a second; how many it were.
  private static func churn(_ containers: ContainerArea) throws -> Int {
    let start = ContinuousClock.now
    var starts = 0
    while ContinuousClock.now - start < .seconds(seconds) {
      try containers.run(starts % 2 == 0 ? .crun : .runc, names[starts % names.count])
      starts += 1
      let due = start + .milliseconds(100 * starts)
      if due > .now { Thread.sleep(until: .now + (due - .now) / .seconds(1)) }
    }
    return starts
  }

  /// Every log of a name, and those that were moved for the next one of it, has that one's own execs, each once.
  private static func check(_ area: URL, starts: Int) throws {
    let logs = area.appending(path: "log/all")
    let directories = try FileManager.default.contentsOfDirectory(atPath: logs.path)
      .filter { $0.hasPrefix("comes-") }
    #expect(directories.count == starts)
    for directory in directories {
      let name = directory.prefix { $0 != "." }
      let log = logs.appending(path: "\(directory)/audit.log")
      let events = try AuditEvent.read(log)
      let execs = events.compactMap { $0.first("EXECVE")?["a1"] }
      #expect(
        execs == ["-c", String(name)],
        "\(directory):\n\((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
      #expect(events.map(\.serial) == Array(1...UInt64(events.count)), "\(directory)")
    }
  }

  /// What the collector has, when nothing of the churn is left but the containers that stay.
  private struct State {
    var lost: UInt64 = 0
    var tables: [String: Int] = [:]
    var descriptors = 0
    var resident = 0

    init(_ collector: RunningCollector, once staying: Int) throws {
      try wait(for: "the containers that stay, alone", limit: .seconds(20)) {
        let status = try collector.status()
        lost = status.daemons.reduce(0) { $0 + $1.lost }
        // Cgroups of the rest of the machine come and go.
        tables = status.tables.filter { $0.key != "cgroups" }
        let own = status.containers.filter { $0.name.hasPrefix("stays-") }
        return own.count == staying && own.allSatisfy { !$0.daemons.isEmpty }
          && !status.containers.contains { $0.name.hasPrefix("comes-") }
      }
      // Logs that have ended are closed by a thread of their own.
      Thread.sleep(forTimeInterval: 2)
      descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(collector.pid)/fd")
        .count
      let text = try String(contentsOfFile: "/proc/\(collector.pid)/status", encoding: .utf8)
      resident =
        text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        .flatMap { $0.split(whereSeparator: \.isWhitespace).dropFirst().first }
        .flatMap { Int($0) } ?? 0
    }
  }
}
