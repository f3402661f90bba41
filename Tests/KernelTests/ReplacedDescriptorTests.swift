import Foundation
import TestSupport
import Testing

/// What is behind a descriptor when a syscall has ended need not be what the syscall was about.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: descriptors that are replaced"))
struct ReplacedDescriptor {
  private static let opens = 20_000

  @Test func anotherThreadHidesNoOpenOfAWatchedFile() throws {
    try withTemporaryDirectory { area in
      let file = area.appending(path: "watched").path
      try "x".write(toFile: file, atomically: false, encoding: .utf8)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes", rules: "-b 1000000\n-w \(file) -p r -k watched\n")
      let lost = try RunningCollector.with(in: area, configuration: configuration) { collector in
        try Program.output(of: Machine.product("workload"), ["swap", "\(Self.opens)", file])
        return try collector.status().daemons.map(\.lost).reduce(0, +)
      }
      let log = area.appending(path: "log/host/audit.log")
      let events = try AuditEvent.read(log).count { $0.syscall?["key"] == "watched" }
      #expect(lost == 0)
      #expect(events == Self.opens)
    }
  }
}
