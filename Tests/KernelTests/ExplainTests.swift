import Foundation
import TestSupport
import Testing

/// `nestaudit rules explain` and `nestaudit reload` with a collector that runs.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: explanations by the collector"))
struct Explain {
  private static let rules = """
    -a always,exit -F arch=b64 -S openat -F auid=4000 -F uid=\(Workload.uid) -k user
    -a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) -F path=/etc/passwd -k passwd

    """

  private func nestaudit(_ collector: RunningCollector, _ arguments: String...) throws
    -> Program.Result
  {
    try Program.run(
      Machine.product("nestaudit"), arguments + ["--state", collector.state.path])
  }

  @Test func anEventOfTheHostsLogIsExplained() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try workload.run(["open", "1", "/etc/passwd"])
        var serial: UInt64?
        try wait(for: "the event") {
          serial = try collector.events(of: "host").first { $0.syscall?["key"] == "passwd" }?.serial
          return serial != nil
        }
        let event = try #require(serial)
        let result = try nestaudit(collector, "rules", "explain", "host", "\(event)")
        #expect(result.status == 0, "\(result)")
        let file = configuration.directory.appending(path: "daemons/host/audit.rules").path
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 6, "\(result)")
        #expect(lines[1].hasPrefix("\(file):1  -a always,exit -F arch=b64 -S openat"))
        #expect(lines[2].hasPrefix("    failed: auid=4000: auid is "))
        #expect(lines[3].hasPrefix("\(file):2  "))
        #expect(lines[4] == "    matched")
        #expect(lines[5] == "=> \(file):2 decides: always, key=passwd")

        let json = try nestaudit(collector, "rules", "explain", "host", "\(event)", "--json")
        let object = try #require(
          JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["deciders"] as? [String] == ["\(file):2"])

        for (wrong, reason) in [
          ("999999999", "no event has serial 999999999; there are 1 to"), ("1", "no syscall"),
        ] {
          let refusal = try nestaudit(collector, "rules", "explain", "host", wrong)
          #expect(refusal.status == 1)
          #expect(refusal.errors.contains(reason), "\(refusal)")
          #expect(refusal.errors.split(separator: "\n").count == 1)
        }
        #expect(try nestaudit(collector, "rules", "explain", "host", "x").status == 2)
        let stranger = try nestaudit(collector, "rules", "explain", "nobody", "1")
        #expect(stranger.status == 1)
        #expect(stranger.errors.contains("there is no daemon 'nobody'"), "\(stranger)")
      }
    }
  }

  @Test func aReloadTellsTheCallerWhatCameOfIt() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        let file = "daemons/host/audit.rules"
        try configuration.write(Self.rules + "-S no-such-call", to: file)
        let refused = try nestaudit(collector, "reload")
        #expect(refused.status == 1)
        #expect(refused.errors.contains("\(file):3: "), "\(refused)")
        #expect(collector.written.contains("\(file):3: "))
        let kept = try nestaudit(collector, "ctl", "host", "-l")
        #expect(kept.output.split(separator: "\n").count == 2, "\(kept)")

        let more = "-a always,exit -F arch=b64 -S mkdir -F uid=\(Workload.uid) -k more\n-e 2"
        try configuration.write(Self.rules + more, to: file)
        let asker = try Program(
          Machine.product("nestaudit"), ["reload", "--state", collector.state.path])
        let done = try asker.finish()
        #expect(done.status == 0, "\(done)")
        #expect(done.output == "configuration read again: 1 daemon, 3 rules\n")
        try wait(for: "the change in the log") {
          let records = try collector.events(of: "host").flatMap(\.records)
          return records.contains { $0.type == "CONFIG_CHANGE" && $0["key"] == "more" }
            && records.contains { $0.type == "DAEMON_CONFIG" && $0["pid"] == "\(asker.pid)" }
        }

        let locked = try nestaudit(collector, "reload")
        #expect(locked.status == 0)
        #expect(locked.errors.contains("host is locked (-e 2)"), "\(locked)")
      }
      let nobody = try Program.run(
        Machine.product("nestaudit"), ["reload", "--state", area.appending(path: "state").path])
      #expect(nobody.status == 1)
      #expect(nobody.errors.contains("no collector answers"), "\(nobody)")
    }
  }
}
