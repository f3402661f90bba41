import Foundation
import TestSupport
import Testing

/// What is kept of a syscall when it begins: only where a rule asks for it, and for that syscall alone.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: programs at the beginning of syscalls"))
struct Entries {
  private static let without =
    "-a always,exit -F arch=b64 -S lseek -F uid=\(Workload.uid) -k without\n"
  private static let with = """
    -a always,exit -F arch=b64 -S shmget,shmat,shmctl -F uid=\(Workload.uid) -k with

    """

  /// How many programs a process has at the beginning of syscalls, or at another tracepoint.
  private static func programs(
    of process: pid_t, at tracepoint: String = "sys_enter"
  ) throws -> Int {
    let directory = "/proc/\(process)/fdinfo"
    return try FileManager.default.contentsOfDirectory(atPath: directory).count { name in
      (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8))?
        .contains(tracepoint) == true
    }
  }

  @Test func nobodyPaysWhereNoRuleAsks() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.without)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        #expect(try Self.programs(of: collector.pid) == 0)
        // By now it has given up its privileges.
        try configuration.daemon("host", scope: "host = yes", rules: Self.with)
        try collector.reload()
        #expect(try Self.programs(of: collector.pid) == 1)
        try workload.run(["refused"])
        try configuration.daemon("host", scope: "host = yes", rules: Self.without)
        try collector.reload()
        #expect(try Self.programs(of: collector.pid) == 0)
        try workload.run(["refused"])
        try configuration.daemon("host", scope: "host = yes", rules: Self.with)
        try collector.reload()
        try workload.run(["refused"])
      }
      let calls = try AuditEvent.read(area.appending(path: "log/host/audit.log"))
        .filter { $0.syscall?["key"] == "with" }
      // An object that is made is not heard of; what seccomp refuses is not asked for one.
      let expected = [
        "29", "30 ouid=64999 ogid=64999 mode=0600", "31 ouid=64999 ogid=64999 mode=0600",
        "31 ouid=64999 ogid=64999 mode=01600", "31",
      ]
      #expect(
        calls.map { call in
          ([call.syscall?["syscall"]] + [call.first("IPC")?.text]).compactMap { $0 }
            .joined(separator: " ")
        } == expected + expected)
    }
  }

  @Test func changesAreLookedAtForRenamesAlone() throws {
    try withTemporaryDirectory { area in
      let rename = "-a always,exit -F arch=b64 -S renameat2 -F uid=\(Workload.uid)\n"
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.without)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        #expect(try Self.programs(of: collector.pid, at: "ctime") == 0)
        try configuration.daemon("host", scope: "host = yes", rules: rename)
        try collector.reload()
        #expect(try Self.programs(of: collector.pid, at: "ctime") == 3)
        #expect(try Self.programs(of: collector.pid) == 0)
        try configuration.daemon("host", scope: "host = yes", rules: Self.without)
        try collector.reload()
        #expect(try Self.programs(of: collector.pid, at: "ctime") == 0)
      }
    }
  }
}
