import Foundation
import TestSupport
import Testing

/// Recordings of the host: what `record` and `replay` say and leave behind, and what other rules make of them.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: recorded events"))
struct RecordTests {
  private static func configuration(
    in area: URL, named name: String = "config", rules: String
  ) throws -> Configuration {
    let configuration = try Configuration(in: area, named: name)
    try configuration.daemon("host", scope: "host = yes", rules: rules)
    return configuration
  }

  private static let rules =
    "-a always,exit -F arch=b64 -S openat,unlinkat,execve -F uid=\(Workload.uid) -k recorded\n"

  private static func record(
    _ collector: RunningCollector, _ file: URL, _ options: [String] = []
  ) throws -> Program.Result {
    try Program.run(
      Machine.product("nestaudit"),
      ["record", "-o", file.path, "--state", collector.state.path] + options)
  }

  private static func replay(
    _ file: URL, into logs: URL, by configuration: Configuration
  ) throws -> Program.Result {
    try Program.run(
      Machine.product("nestaudit"),
      [
        "replay", file.path, "--log-dir", logs.path, "--config", configuration.directory.path,
      ])
  }

  /// A recording of the workload's, its collector's log, and the configuration.
  private static func withRecording<Value>(
    _ body: (URL, Recording, [AuditEvent], Configuration) throws -> Value
  ) throws -> Value {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try configuration(in: area, rules: rules)
      return try RunningCollector.with(in: area, configuration: configuration, limit: .seconds(90))
      { collector in
        let before = try collector.settledEvents(of: "host").count
        let recording = try Recording(of: collector, to: area.appending(path: "a.rec")) {
          try workload.run(["open", "50", "/etc/passwd"])
          try Self.failToOpen(times: 60)
          try workload.run(["hostile"])
          _ = try collector.settledEvents(of: "host")
        }
        let events = Array(try collector.settledEvents(of: "host").dropFirst(before))
        return try body(area, recording, events, configuration)
      }
    }
  }

  /// Has the workload's user open what it may not.
  private static func failToOpen(times: Int) throws {
    try Program.output(
      of: "setpriv",
      [
        "--reuid=\(Workload.uid)", "--regid=\(Workload.uid)", "--clear-groups", "sh", "-c",
        "for n in $(seq \(times)); do true < /etc/shadow; done; exit 0",
      ])
  }

  /// Without what differs between daemons: serial number, key, and by which title a task was first told of.
  private static func stories(_ events: [AuditEvent]) -> [String] {
    events.filter { $0.syscall != nil }.map { event in
      event.records.filter { $0.type != "PROCTITLE" }.map { record in
        record.text.replacing(#/ key=\S+/#, with: "")
      }.joined(separator: "\n")
    }
  }

  @Test func otherRulesFindWhatTheyAskFor() throws {
    try Self.withRecording { area, recording, live, _ in
      let other = try Self.configuration(
        in: area, named: "other",
        rules: """
          -a never,exit -F arch=b64 -S openat -F a2&0100
          -a always,exit -F arch=b64 -S openat -F success=0 -k refused
          -a always,exit -F arch=b64 -S connect -k never
          """)
      let logs = area.appending(path: "other-log")
      let result = try Self.replay(recording.file, into: logs, by: other)
      #expect(result.status == 0, "\(result.errors)")
      let replayed = try AuditEvent.read(logs.appending(path: "host/audit.log"))
      let expected = live.filter { event in
        guard let syscall = event.syscall, syscall["syscall"] == "257" else { return false }
        let flags = UInt64(syscall["a2"] ?? "", radix: 16) ?? 0
        return syscall["success"] == "no" && flags & 0o100 == 0
      }
      #expect(expected.count >= 50)
      #expect(Self.stories(replayed) == Self.stories(expected))
      #expect(replayed.allSatisfy { $0.syscall.map { $0["key"] == "refused" } ?? true })
      let first = try #require(replayed.first).serial
      #expect(replayed.map(\.serial) == replayed.indices.map { UInt64($0) + first })
    }
  }

  @Test func aDaemonThatWasNotThereFindsTheSame() throws {
    try Self.withRecording { area, recording, live, _ in
      let both = try Self.configuration(in: area, named: "both", rules: Self.rules)
      try both.daemon("second", scope: "host = yes", rules: Self.rules)
      let logs = area.appending(path: "both-log")
      let result = try Self.replay(recording.file, into: logs, by: both)
      #expect(result.status == 0, "\(result.errors)")
      let second = try AuditEvent.read(logs.appending(path: "second/audit.log"))
      let expected = live.filter { $0.syscall != nil }
      #expect(expected.count >= 100)
      #expect(Self.stories(second.filter { $0.syscall != nil }) == Self.stories(expected))
    }
  }

  @Test func damageIsSaidAndNeverACrash() throws {
    try Self.withRecording { area, recording, _, configuration in
      let whole = try Data(contentsOf: recording.file)
      let file = area.appending(path: "damaged.rec")
      func refused(_ bytes: Data, _ what: String) throws {
        try bytes.write(to: file)
        let logs = area.appending(path: "damaged-log")
        let result = try Self.replay(file, into: logs, by: configuration)
        #expect(result.status == 1, "\(what): \(result.status) \(result.errors)")
        #expect(result.errors.hasPrefix("nestaudit: \(file.path) "), "\(what): \(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1)
        try? FileManager.default.removeItem(at: logs)
      }
      for number in 0..<24 {
        var bytes = whole
        let place = (number * 7919 + 13) % whole.count
        bytes[place] ^= 1 << UInt8(number % 8)
        try refused(bytes, "byte \(place)")
        try refused(whole.prefix(whole.count * number / 24), "\(number) parts of 24")
      }
      try refused(whole + whole, "twice")
      try refused(Data("type=SYSCALL msg=audit(1.000:1): \n".utf8), "a log")
    }
  }

  @Test func aRecordingIsItsOwnersAndNeverReplacesAFile() throws {
    try Self.withRecording { area, recording, _, configuration in
      let attributes = try FileManager.default.attributesOfItem(atPath: recording.file.path)
      #expect(attributes[.posixPermissions] as? Int == 0o600)
      #expect(recording.said.hasPrefix("recorded in \(recording.file.path): "))
      let again = try Program.run(
        Machine.product("nestaudit"),
        ["record", "-o", recording.file.path, "--state", area.appending(path: "state").path])
      #expect(again.status == 1)
      #expect(again.errors.contains("exists already; give another name, or remove it"))
      let full = area.appending(path: "log")
      let result = try Self.replay(recording.file, into: full, by: configuration)
      #expect(result.status == 1)
      #expect(result.errors.contains("is not empty; give an empty directory, or a new one"))
      let device = try Self.replay(
        URL(filePath: "/dev/null"), into: area.appending(path: "x"), by: configuration)
      #expect(device.status == 1 && device.errors.contains("is not a regular file"))
    }
  }

  @Test func withoutACollectorNothingIsLeft() throws {
    try withTemporaryDirectory { area in
      let file = area.appending(path: "a.rec")
      let result = try Program.run(
        Machine.product("nestaudit"), ["record", "-o", file.path, "--state", area.path])
      #expect(result.status == 1)
      #expect(result.errors.contains("start one with 'nestaudit run'"))
      #expect(!FileManager.default.fileExists(atPath: file.path))
    }
  }

  @Test func oneRecordingAtATimeOfWhatThereIs() throws {
    try withTemporaryDirectory { area in
      let configuration = try Self.configuration(in: area, rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration, limit: .seconds(90)) {
        collector in
        let unknown = try Self.record(
          collector, area.appending(path: "u.rec"), ["--for", "absent"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("there is no container 'absent'"))
        _ = try Recording(of: collector, to: area.appending(path: "one.rec")) {
          let second = try Self.record(collector, area.appending(path: "two.rec"))
          #expect(second.status == 1)
          #expect(second.errors.contains("it is recording already"))
        }
        let timed = try Self.record(collector, area.appending(path: "t.rec"), ["--seconds", "1"])
        #expect(timed.status == 0, "\(timed.errors)")
        #expect(timed.errors == "", "there is no terminal")
      }
      // The collector's end is a recording's end.
    }
  }

  @Test func whereTheDiskIsFullTheRecordingEndsAndTheCollectorGoesOn() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let small = area.appending(path: "small")
      try FileManager.default.createDirectory(at: small, withIntermediateDirectories: false)
      try Program.output(of: "mount", ["-t", "tmpfs", "-o", "size=16k", "tmpfs", small.path])
      defer { _ = try? Program.run("umount", ["-l", small.path]) }
      let configuration = try Self.configuration(in: area, rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration, limit: .seconds(90)) {
        collector in
        let file = small.appending(path: "a.rec")
        let program = try Program(
          Machine.product("nestaudit"),
          ["record", "-o", file.path, "--state", collector.state.path])
        try wait(for: "the full disk") {
          try workload.run(["open", "2000", "/etc/passwd"])
          return !program.isRunning
        }
        let result = try program.finish()
        #expect(result.status == 1)
        #expect(result.errors.contains("No space left on device"))
        let logs = area.appending(path: "replayed")
        let replayed = try Self.replay(file, into: logs, by: configuration)
        #expect(replayed.status == 1 && replayed.errors.contains("ends at byte"))
        // Another one can begin, and all is in the log.
        try wait(for: "the collector to know") {
          try? FileManager.default.removeItem(at: area.appending(path: "b.rec"))
          return try Self.record(collector, area.appending(path: "b.rec"), ["--seconds", "1"])
            .status == 0
        }
        #expect(try collector.status().daemons.allSatisfy { $0.lost == 0 })
      }
    }
  }

  @Test func theEndOfTheCollectorIsThatOfTheRecording() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Self.configuration(in: area, rules: Self.rules)
      let file = area.appending(path: "a.rec")
      let collector = try RunningCollector(
        in: area, configuration: configuration, limit: .seconds(90))
      let program = try Program(
        Machine.product("nestaudit"), ["record", "-o", file.path, "--state", collector.state.path])
      try wait(for: "the recording") {
        FileManager.default.contents(atPath: file.path)?.isEmpty == false
      }
      try workload.run(["open", "100", "/etc/passwd"])
      #expect(try collector.stop().status == 0)
      let result = try program.finish()
      #expect(result.status == 0, "\(result.errors)")
      let logs = area.appending(path: "replayed")
      #expect(try Self.replay(file, into: logs, by: configuration).status == 0)
      let events = try AuditEvent.read(logs.appending(path: "host/audit.log"))
      #expect(events.count >= 100)
    }
  }
}
