import Foundation
import TestSupport
import Testing

/// The format ENRICHED: what auditd itself writes against what the host's daemon writes.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: parity with auditd's enriched format"))
struct Enriched {
  private static let auditd = Configuration.auditd.replacing("RAW", with: "ENRICHED")

  private static func rules(for user: UInt32) -> String {
    """
    -a always,exit -F arch=b64 -S execve,openat,connect,sendto,bind,unlinkat,chmod,kill,tgkill,ptrace \
    -S shmctl,msgctl -F uid=\(user) -k enriched

    """
  }

  /// A user without a name, and one of Debian's.
  @Test(arguments: [Workload.uid, 33])
  func everyEventIsInTheSameWords(user: UInt32) throws {
    let logs = try Self.logs(of: user)
    #expect(logs.complaints == [])
    #expect(logs.ownStart == logs.theirStart && logs.ownStart?.hasPrefix("AUID=") == true)
    #expect(logs.theirs.count >= 150)
    var compared: [String: Int] = [:]
    for (story, records) in logs.theirs {
      let own = logs.ours[story] ?? []
      for index in 0..<min(records.count, own.count)
      where Self.tellTheSame(records[index], own[index]) {
        let enrichment = records[index].enrichment.map(Self.withoutControls)
        #expect(own[index].enrichment == enrichment, "\(own[index].type) \(own[index].text)")
        if enrichment != nil { compared[records[index].type, default: 0] += 1 }
      }
    }
    print("compared in the format ENRICHED: \(compared)")
    #expect(compared["SYSCALL"] ?? 0 >= 200)
    #expect(compared["PATH"] ?? 0 >= 150)
    #expect(compared["SOCKADDR"] ?? 0 >= 10)
    #expect(compared["OBJ_PID"] ?? 0 >= 10)
    #expect(compared["IPC"] ?? 0 >= 15)
    #expect(compared["IPC_SET_PERM"] ?? 0 >= 5)
  }

  private struct Logs {
    var theirs: [String: [AuditEvent.Record]]
    var ours: [String: [AuditEvent.Record]]
    var complaints: [String]
    /// What is behind the DAEMON_START.
    var theirStart, ownStart: String?
  }

  /// The same workload in auditd's log and in the host's daemon's.
  private static func logs(of user: UInt32) throws -> Logs {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area, as: user)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes", rules: rules(for: user), auditd: auditd)
      let reference = try withKernelAudit(rules: rules(for: user), format: "ENRICHED", in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try workload.run(["parity", "200"])
          try workload.run(["hostile"])
        }
      }
      let log = area.appending(path: "log/host/audit.log")
      let theirs = try AuditEvent.read(try withWholeLines(reference, in: area))
      let own = try AuditEvent.read(log)
      return Logs(
        theirs: byStory(theirs), ours: byStory(own),
        complaints: try AuditTools.complaints(about: log), theirStart: start(theirs),
        ownStart: start(own))
    }
  }

  private static func start(_ events: [AuditEvent]) -> String? {
    events.lazy.compactMap { $0.first("DAEMON_START") }.first {
      $0.text.contains(" format=enriched ")
    }?.enrichment
  }

  /// Where the raw parts tell of different objects, so do the enriched ones.
  private static func tellTheSame(_ one: AuditEvent.Record, _ other: AuditEvent.Record) -> Bool {
    one.type == other.type && one["ouid"] == other["ouid"] && one["ogid"] == other["ogid"]
  }

  /// auditd writes a socket's path as it is, with whatever it has of a line's end, a separator or a terminal's
  /// controls: the one thing in which we differ.
  private static func withoutControls(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      guard scalar.value < 0x20 || scalar.value == 0x7f else { return String(scalar) }
      return "\\" + String(format: "%03o", scalar.value)
    }.joined()
  }

  /// auditd's log, with what a socket's path has put on lines of its own where it belongs.
  private static func withWholeLines(_ log: URL, in area: URL) throws -> URL {
    let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
    let lines = text.split(separator: "\n").reduce(into: [Substring]()) { lines, line in
      let isForged = !line.hasPrefix("type=") || line.contains("msg=audit(1.000:1)")
      if !isForged || lines.isEmpty { return lines.append(line) }
      lines.append("\(lines.removeLast())\\012\(line)")
    }
    let whole = area.appending(path: "whole.log")
    try lines.map { $0 + "\n" }.joined().write(to: whole, atomically: true, encoding: .utf8)
    return whole
  }

  /// Events by process, syscall, result and number among those that share them.
  private static func byStory(_ events: [AuditEvent]) -> [String: [AuditEvent.Record]] {
    var stories: [String: [AuditEvent.Record]] = [:]
    var counts: [String: Int] = [:]
    for event in events {
      guard let call = event.syscall, call["key"] == "enriched" else { continue }
      let story = ["pid", "syscall", "exit", "comm"].map { call[$0] ?? "" }.joined(separator: " ")
      counts[story, default: 0] += 1
      stories["\(story) \(counts[story]!)"] = event.records.filter { $0.type != "EOE" }
    }
    return stories
  }

  @Test func theDaemonSaysInWhichFormatItWrites() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes", rules: Self.rules(for: Workload.uid), auditd: Self.auditd)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try configuration.daemon(
          "host", scope: "host = yes", rules: Self.rules(for: Workload.uid))
        try collector.reload()
        try configuration.daemon(
          "host", scope: "host = yes", rules: "-a always,exit -F arch=b64 -S kill -k k\n",
          auditd: Self.auditd)
        try collector.reload()
      }
      let records = try AuditEvent.read(area.appending(path: "log/host/audit.log")).map {
        $0.records[0]
      }
      let start = try #require(records.first)
      #expect(start.text.contains(" format=enriched "))
      #expect(start.enrichment?.hasSuffix("UID=\"root\"") == true)
      let own = records.filter { $0.type.hasPrefix("DAEMON_") || $0.type == "CONFIG_CHANGE" }
      let shown = own.map { "\($0.type) \($0.enrichment == nil ? "raw" : "enriched")" }
      #expect(
        shown == [
          "DAEMON_START enriched", "DAEMON_CONFIG raw", "DAEMON_CONFIG enriched",
          "CONFIG_CHANGE enriched", "CONFIG_CHANGE enriched", "DAEMON_END enriched",
        ])
    }
  }
}
