import Capture
import Foundation
import TestSupport
import Testing

/// A collector that was killed is gone on by the next one: nothing is lost, and nothing is written twice.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a collector that is killed"))
struct Restarts {
  /// One record for each open.
  private static let rules = """
    -a always,exclude -F msgtype=PATH
    -a always,exclude -F msgtype=CWD
    -a always,exclude -F msgtype=PROCTITLE
    -a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) -k paced

    """
  /// Programs are loaded, of which a busy machine makes much.
  private static let limit = Duration.seconds(90)
  private static let rotating = """
    flush = NONE
    max_log_file = 8
    max_log_file_action = KEEP_LOGS
    """

  private func configuration(in area: URL, settings: String = "") throws -> Configuration {
    let configuration = try Configuration(in: area, settings: settings)
    try configuration.daemon(
      "host", scope: "host = yes", rules: Self.rules, auditd: Self.rotating)
    return configuration
  }

  /// What is pinned for a collector's state directory.
  private func pins(in area: URL) throws -> [String] {
    let path = PinDirectory(stateDirectory: area.appending(path: "state").path).path
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try FileManager.default.subpathsOfDirectory(atPath: path)
  }

  /// Opens a file a thousand times in a second; how often it was.
  private static func pace(_ workload: Workload) throws -> Int {
    let output = try workload.run(["pace", "1", "1000", "/etc/passwd"])
    return try #require(Int(output.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// Has the programs that are pinned be those of another build.
  private func renamePrograms(in area: URL, to version: String) throws {
    let directory = PinDirectory(stateDirectory: area.appending(path: "state").path).path
    let versions = try FileManager.default.contentsOfDirectory(atPath: directory)
    try #require(versions.count == 1)
    #expect(rename("\(directory)/\(versions[0])", "\(directory)/\(version)") == 0)
  }

  /// Each open is in the log once, and the log is whole.
  private func check(_ scan: LogScan, opens: Int) {
    #expect(scan.times.count == opens)
    #expect(Set(scan.times).count == opens)
    #expect(scan.jumps.isEmpty, "\(scan.jumps.prefix(5))")
    #expect(scan.torn.isEmpty, "\(scan.torn.prefix(5))")
    #expect(scan.losses.isEmpty, "\(scan.losses.prefix(5))")
    #expect(scan.types["DAEMON_END"] == 1)
  }

  /// What is killed how often, while so many opens a second are made.
  struct Load: CustomTestStringConvertible, Sendable {
    let rate: Int
    let seconds: Int
    let kills: Int
    let settings: String
    let testDescription: String

    static let steady = Load(
      rate: 20000, seconds: 60, kills: 100, settings: "", testDescription: "20,000 a second")
    /// So many that logs are written in blocks, and that the ring needs more room while nobody takes from it.
    static let flood = Load(
      rate: 80000, seconds: 20, kills: 10, settings: "ring_size = 512M\n",
      testDescription: "80,000 a second")
  }

  @Test(.timeLimit(.minutes(5)), arguments: [Load.steady, .flood])
  func killedUnderLoadItLosesAndDoublesNothing(_ load: Load) throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area, settings: load.settings)
      var collector = try RunningCollector(
        in: area, configuration: configuration, limit: Self.limit)
      let paced = try workload.start(
        ["pace", "\(load.seconds)", "\(load.rate)", "/etc/passwd"])
      var generator = SystemRandomNumberGenerator()
      var kills = 0
      var starts: [Double] = []
      while paced.isRunning || kills < load.kills {
        usleep(UInt32.random(in: 0..<300_000, using: &generator))
        try collector.kill()
        kills += 1
        let begun = ContinuousClock.now
        // Every third one is killed while it begins, or shortly after.
        let waits = kills % 3 != 0
        collector = try RunningCollector(
          in: area, configuration: configuration, isAwaited: waits)
        let took = (ContinuousClock.now - begun) / .seconds(1)
        if waits { starts.append(took) }
      }
      try collector.awaitReady()
      let opens = try #require(
        Int(try paced.finish().output.trimmingCharacters(in: .whitespacesAndNewlines)))
      let result = try collector.stop()
      #expect(result.status == 0, "\(result.errors)")
      let scan = try LogScan(collector.log(of: "host"))
      let sorted = starts.sorted()
      print(
        "\(kills) kills, \(opens) opens, \(scan.times.count) records, \(scan.files) files; a start takes \(sorted[sorted.count / 2]) s, \(sorted.last!) s at most"
      )
      check(scan, opens: opens)
      #expect(try pins(in: area) == [])
    }
  }

  @Test func whatHappensWithoutACollectorIsToldByTheNext() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area)
      let first = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      try workload.run(["pace", "1", "1000", "/etc/passwd"])
      try first.kill()
      let between = try #require(
        Int(
          try workload.run(["pace", "1", "5000", "/etc/passwd"])
            .trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(try !pins(in: area).isEmpty)
      try RunningCollector.with(in: area, configuration: configuration, limit: Self.limit) {
        collector in
        try wait(for: "what happened meanwhile") {
          try LogScan(collector.log(of: "host")).times.count >= between + 900
        }
      }
      let scan = try LogScan(first.log(of: "host"))
      check(scan, opens: scan.times.count)
      #expect(scan.types["DAEMON_START"] == 2)
    }
  }

  @Test func aLineThatIsTornIsCompletedOrCutOff() throws {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      let log = area.appending(path: "log/host/audit.log")
      try FileManager.default.createDirectory(
        at: log.deletingLastPathComponent(), withIntermediateDirectories: true)
      // Nobody has the rest of it.
      let whole = "type=USER msg=audit(1.000:0): whole\n"
      try Data((whole + "type=SYSCALL msg=audit(1.0").utf8).write(to: log)
      try RunningCollector.with(in: area, configuration: configuration, limit: Self.limit) {
        collector in
        #expect(collector.written.contains("cut off"))
      }
      let scan = try LogScan(log)
      #expect(scan.torn.isEmpty)
      #expect(scan.types["USER"] == 1 && scan.types["SYSCALL"] == nil)
      #expect(scan.types["DAEMON_START"] == 1 && scan.types["DAEMON_END"] == 1)
    }
  }

  @Test func anotherVersionSaysWhatItDoesNotRead() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area)
      let first = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      try workload.run(["pace", "1", "1000", "/etc/passwd"])
      try first.kill()
      try workload.run(["pace", "1", "1000", "/etc/passwd"])
      try renamePrograms(in: area, to: "tracepoints-16777216-0123456789abcdef")
      let before = try pins(in: area)
      try RunningCollector.with(in: area, configuration: configuration, limit: Self.limit) {
        collector in
        #expect(collector.written.contains("that this one does not read: they are lost"))
        #expect(Set(try pins(in: area)).isDisjoint(with: before))
        try workload.run(["pace", "1", "1000", "/etc/passwd"])
        try wait(for: "its own events") {
          try LogScan(collector.log(of: "host")).times.count > 1500
        }
      }
      let scan = try LogScan(first.log(of: "host"))
      #expect(scan.losses.count == 1 && scan.losses[0].contains("uncounted="), "\(scan.losses)")
      #expect(scan.jumps.isEmpty && scan.torn.isEmpty)
      #expect(Set(scan.times).count == scan.times.count)
    }
  }

  @Test func aRingOfAnotherSizeIsGoneOnWith() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area)
      let first = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      var opens = try Self.pace(workload)
      try first.kill()
      opens += try Self.pace(workload)
      try RunningCollector.with(
        in: area, configuration: configuration, options: ["--ring-size", "8M"],
        limit: Self.limit
      ) { collector in
        #expect(
          collector.written.contains("ring_size: the ring that was left has 16384 KiB and stays"))
        opens += try Self.pace(workload)
      }
      check(try LogScan(first.log(of: "host")), opens: opens)
    }
  }

  @Test func whatADaemonWasToldStays() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area)
      let first = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      try first.control("host", "-D")
      let rule = "-a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) -F key=told"
      try first.control("host", "-a", "always,exclude", "-F", "msgtype=PATH")
      try first.control(
        "host", "-a", "always,exit", "-F", "arch=b64", "-S", "openat", "-F", "uid=\(Workload.uid)",
        "-F", "key=told")
      try first.control("host", "-b", "4321")
      let listed = try first.control("host", "-l")
      #expect(listed.contains(rule))
      var opens = try Self.pace(workload)
      try first.kill()
      opens += try Self.pace(workload)

      let second = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      #expect(second.written.contains("daemon host goes on with what 'nestaudit ctl' has told it"))
      #expect(try second.control("host", "-l") == listed)
      #expect(try second.control("host", "-s").contains("backlog_limit 4321"))
      opens += try Self.pace(workload)
      let events = try second.settledEvents(of: "host")
      #expect(events.allSatisfy { $0.syscall.map { $0["key"] == "told" } ?? true })
      #expect(try LogScan(second.log(of: "host")).times.count == opens)
      // What is locked stays so.
      try second.control("host", "-e", "2")
      try second.kill()
      try RunningCollector.with(in: area, configuration: configuration, limit: Self.limit) {
        collector in
        let settings = try collector.control("host", "-s")
        #expect(settings.contains("enabled 2"))
        #expect(throws: (any Error).self) { try collector.control("host", "-D") }
        let now = try collector.control("host", "-l")
        #expect(now == listed)
      }
    }
  }

  @Test func aReloadHasADaemonGoByItsFilesAgain() throws {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      let first = try RunningCollector(in: area, configuration: configuration, limit: Self.limit)
      let listed = try first.control("host", "-l")
      try first.control("host", "-D")
      try Program.output(
        of: Machine.product("nestaudit"), ["reload", "--state", first.state.path])
      #expect(try first.control("host", "-l") == listed)
      try first.kill()
      try RunningCollector.with(in: area, configuration: configuration, limit: Self.limit) {
        collector in
        #expect(!collector.written.contains("has told it"))
        let now = try collector.control("host", "-l")
        #expect(now == listed)
      }
    }
  }

  @Test func unloadLeavesNothing() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area)
      let state = area.appending(path: "state").path
      let nestaudit = Machine.product("nestaudit")
      let collector = try RunningCollector(
        in: area, configuration: configuration, limit: Self.limit)
      let refused = try Program.run(nestaudit, ["unload", "--state", state])
      #expect(refused.status == 1)
      #expect(try !pins(in: area).isEmpty)
      try collector.kill()
      try workload.run(["pace", "1", "100", "/etc/passwd"])
      let doctor = try Program.output(of: nestaudit, ["doctor", "--state", state])
      let line = try #require(doctor.split(separator: "\n").first { $0.contains("pinned") })
      #expect(line.contains("programs") && line.contains("events of"), "\(line)")
      let programs = try Self.programs(of: try pins(in: area))
      #expect(programs.count > 10)
      let output = try Program.output(of: nestaudit, ["unload", "--state", state])
      #expect(output.contains("taken out"))
      #expect(try pins(in: area) == [])
      #expect(
        try Program.output(of: nestaudit, ["doctor", "--state", state]).contains("nothing at"))
      #expect(
        try Program.output(of: nestaudit, ["unload", "--state", state]) == "nothing was pinned\n")
    }
  }

  private static func programs(of pins: [String]) throws -> [String] {
    pins.filter { $0.contains("/program-") }
  }

  @Test func aCleanStopLeavesNothingUnlessItIsAskedTo() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let ending = try configuration(in: area)
      try RunningCollector.with(in: area, configuration: ending, limit: Self.limit) { _ in
        let pinned = try pins(in: area)
        #expect(pinned.contains { $0.hasSuffix("/map-ring") })
      }
      #expect(try pins(in: area) == [])

      let staying = try configuration(in: area, settings: "on_stop = stay")
      let first = try RunningCollector(in: area, configuration: staying, limit: Self.limit)
      #expect(try first.stop().status == 0)
      #expect(try !pins(in: area).isEmpty)
      let opens = try #require(
        Int(
          try workload.run(["pace", "1", "2000", "/etc/passwd"])
            .trimmingCharacters(in: .whitespacesAndNewlines)))
      let second = try configuration(in: area, settings: "on_stop = end")
      try RunningCollector.with(in: area, configuration: second, limit: Self.limit) { collector in
        try wait(for: "what happened meanwhile") {
          try LogScan(collector.log(of: "host")).times.count == opens
        }
      }
      let scan = try LogScan(first.log(of: "host"))
      #expect(scan.times.count == opens && Set(scan.times).count == opens)
      #expect(scan.losses.isEmpty && scan.torn.isEmpty)
      #expect(try pins(in: area) == [])
    }
  }
}
