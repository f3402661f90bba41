import Foundation
import TestSupport
import Testing

/// ausearch, aureport and auparse read what the host's daemon writes.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: readability by the audit tools"))
struct Readability {
  static let rules = """
    -a always,exit -F arch=b64 -S execve,openat,connect,unlinkat,kill -F uid=\(Workload.uid) \
    -k read

    """

  /// The log of a run of one part of the workload.
  private func log(of arguments: String..., in area: URL) throws -> URL {
    let workload = try Workload(in: area)
    let configuration = try Configuration(in: area)
    try configuration.daemon("host", scope: "host = yes", rules: Self.rules)
    try RunningCollector.with(in: area, configuration: configuration) { _ in
      try workload.run(arguments)
    }
    return area.appending(path: "log/host/audit.log")
  }

  @Test func toolsReadEveryLineOfTheMix() throws {
    try withTemporaryDirectory { area in
      let log = try log(of: "parity", "200", in: area)
      #expect(try AuditEvent.read(log).count > 200)
      let complaints = try AuditTools.complaints(about: log)
      #expect(complaints == [])
    }
  }

  @Test func nothingHostileBreaksALine() throws {
    try withTemporaryDirectory { area in
      let log = try log(of: "hostile", in: area)
      let events = try AuditEvent.read(log)
      #expect(events.count > 30)
      let complaints = try AuditTools.complaints(about: log)
      #expect(complaints == [])
      // Nothing that the workload wrote into names is a field or a record of the log.
      #expect(!events.contains { $0.syscall?["key"] == "forged" })
      #expect(!events.contains { $0.serial == 1 && $0.lines[0].contains("audit(1.000:1)") })
      let bytes = try Data(contentsOf: log)
      #expect(bytes.allSatisfy { $0 == 0x0a || (0x20...0x7e).contains($0) })
    }
  }

  @Test func aLogBeginsWithItsDaemonsStartAndEndsWithItsEnd() throws {
    try withTemporaryDirectory { area in
      let events = try AuditEvent.read(try log(of: "hostile", in: area))
      #expect(events.first?.records[0].type == "DAEMON_START")
      #expect(events.last?.records[0].type == "DAEMON_END")
    }
  }
}
