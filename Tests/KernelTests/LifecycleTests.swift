import Foundation
import TestSupport
import Testing

/// The collector's life: signals, and a second one.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: the collector's signals"))
struct Lifecycle {
  private static func rules(key: String) -> String {
    "-a always,exit -F arch=b64 -S openat,unlinkat -F uid=\(Workload.uid) -k \(key)\n"
  }

  private func keys(_ events: [AuditEvent]) -> [String] {
    events.compactMap { $0.syscall?["key"] }
  }

  @Test func endingWritesAllThatWasCaptured() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "drained"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        // Stopped, it has written nothing of this when the signal to end arrives.
        try collector.whileSuspended {
          try workload.run(["open", "1000", "/etc/passwd"])
          collector.signal(SIGTERM)
        }
        try wait(for: "the collector's end") { !collector.isRunning }
        let events = try collector.events(of: "host")
        // The workload's own start opens its libraries.
        #expect(keys(events).count { $0 == "drained" } >= 1000)
        #expect(events.last?.records[0].type == "DAEMON_END")
        #expect(!events.contains { $0.lines[0].contains("lost-events") })
      }
    }
  }

  @Test func mostPrivilegesAreGivenUpByEveryThread() throws {
    try withTemporaryDirectory { area in
      try RunningCollector.with(in: area) { collector in
        let tasks = "/proc/\(collector.pid)/task"
        // CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_BPF
        let kept = String(format: "%016lx", 1 << 2 | 1 << 19 | 1 << 39)
        let threads = try FileManager.default.contentsOfDirectory(atPath: tasks)
        #expect(threads.count > 1)
        for thread in threads {
          let status = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
          for set in ["CapPrm", "CapEff"] {
            #expect(status.contains("\(set):\t\(kept)\n"), "\(status)")
          }
          #expect(status.contains("CapInh:\t0000000000000000\n"))
          #expect(status.contains("NoNewPrivs:\t1\n"))
        }
      }
    }
  }

  /// As auditd's: auditd.conf(5), priority_boost.
  @Test(arguments: [true, false])
  func itGoesFirstWithoutTakingOthersAlong(leadsSession: Bool) throws {
    try withTemporaryDirectory { area in
      let collector = try RunningCollector(in: area, leadsSession: leadsSession)
      for thread in try FileManager.default.contentsOfDirectory(
        atPath: "/proc/\(collector.pid)/task")
      {
        let who = try #require(id_t(thread))
        #expect(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), who) == -4)
      }
      // sched(7), "The autogroup feature": "/autogroup-25 nice 0", or nothing in the session that the machine began with
      let own = try String(contentsOfFile: "/proc/self/autogroup", encoding: .utf8)
      let group = try String(contentsOfFile: "/proc/\(collector.pid)/autogroup", encoding: .utf8)
      #expect(leadsSession ? group.hasSuffix(" nice -4\n") : group == own, "\(group)")
      let isAnothers = !leadsSession && !own.isEmpty
      #expect(collector.written.contains("setsid(1)") == isAnothers, "\(collector.written)")
      #expect(try collector.stop().status == 0)
    }
  }

  @Test func hangupReadsTheConfigurationAgain() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "before"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try workload.run(["open", "1", "/etc/passwd"])
        try wait(for: "the first rule's event") {
          keys(try collector.events(of: "host")).contains("before")
        }
        try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "after"))
        collector.signal(SIGHUP)
        try wait(for: "the second rule's event") {
          try workload.run(["open", "1", "/etc/passwd"])
          return keys(try collector.events(of: "host")).contains("after")
        }
        let all = keys(try collector.events(of: "host"))
        let change = try #require(all.firstIndex(of: "after"))
        #expect(!all[change...].contains("before"))
      }
    }
  }

  @Test func logsAreRotatedOnDemandAndItIsSaidByWhom() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "rotated"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        collector.signal(SIGUSR1)
        try wait(for: "the new log") {
          try collector.events(of: "host").first?.first("DAEMON_ROTATE") != nil
        }
        let before = try AuditEvent.read(URL(filePath: collector.log(of: "host").path + ".1"))
        #expect(before.last?.first("DAEMON_START") != nil)
        let record = try #require(try collector.events(of: "host").first?.records.first)
        #expect(record["op"] == "rotate-logs" && record["pid"] == "\(getpid())")
        #expect(record["uid"] == "0" && record["res"] == "success")
      }
    }
  }

  @Test func aFullLogStopsAndGoesOnWhenThereIsRoomAgain() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes\nlog_quota = 128K", rules: Self.rules(key: "quota"))
      let old = area.appending(path: "log/host/audit.log.1")
      try FileManager.default.createDirectory(
        at: old.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(count: 100 << 10).write(to: old)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try workload.run(["open", "200", "/etc/passwd"])
        try wait(for: "the end of the log") {
          try collector.events(of: "host").last?.records[0]["op"] == "log-quota"
        }
        try wait(for: "what is lost") { try collector.status().daemons[0].lost > 0 }
        // Nothing has room yet.
        collector.signal(SIGUSR2)
        try workload.run(["open", "10", "/etc/passwd"])
        #expect(try collector.events(of: "host").last?.records[0]["op"] == "log-quota")
        try FileManager.default.removeItem(at: old)
        collector.signal(SIGUSR2)
        try wait(for: "the log to go on") {
          try collector.events(of: "host").contains { $0.first("DAEMON_RESUME") != nil }
        }
        try workload.run(["open", "1", "/etc/passwd"])
        try wait(for: "an event behind it") {
          try collector.events(of: "host").last?.syscall?["key"] == "quota"
        }
        try wait(for: "the losses in the log") {
          try collector.events(of: "host").contains { $0.records[0]["op"] == "lost-events" }
        }
      }
    }
  }

  @Test func aBadConfigurationLeavesTheOldOneAtWork() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "kept"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try configuration.write("-S no-such-call", to: "daemons/host/audit.rules")
        collector.signal(SIGHUP)
        try wait(for: "the complaint") { collector.written.contains("audit.rules:1:") }
        try workload.run(["open", "10", "/etc/passwd"])
        try wait(for: "the old rule's events") {
          keys(try collector.events(of: "host")).count { $0 == "kept" } >= 10
        }
      }
    }
  }

  @Test func aSecondCollectorOfOneStateDirectoryIsRefused() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules(key: "first"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        let other = area.appending(path: "other-log")
        let second = try Program.run(
          Machine.product("nestaudit"),
          ["run", "--config", configuration.directory.path, "--state", collector.state.path]
            + ["--log-dir", other.path])
        #expect(second.status == 1)
        #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
        #expect(!FileManager.default.fileExists(atPath: other.path))
        // The first goes on, and can still be asked.
        #expect(try collector.status().daemons.map(\.name) == ["host"])
        try workload.run(["open", "10", "/etc/passwd"])
        try wait(for: "the first one's events") {
          keys(try collector.events(of: "host")).count { $0 == "first" } >= 10
        }
      }
    }
  }
}
