import Foundation
import TestSupport
import Testing

/// Daemons that see alike: what they write is put together once, and differs by serials and keys alone.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: several daemons of the host"))
struct Twins {
  @Test func daemonsThatSeeAlikeWriteTheSame() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      let rules = Workload.parityRules
      try configuration.daemon("one", scope: "host = yes", rules: rules)
      try configuration.daemon("two", scope: "host = yes", rules: rules)
      try configuration.daemon(
        "keyed", scope: "host = yes", rules: rules.replacing("-k parity", with: "-k other"))
      try configuration.daemon(
        "few", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S execve -F uid=\(Workload.uid) -k parity\n")
      // It sees alike, and its lines are others: those behind it have theirs from one before it.
      try configuration.daemon(
        "less", scope: "host = yes", rules: "-a always,exclude -F msgtype=CWD\n" + rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try workload.run(["parity", "3"])
        // So many that batches are full, and handed on, between the first one's lines and the others'.
        try workload.run(["open", "3000", "/dev/null"])
        _ = try collector.settledEvents(of: "one")
      }
      func log(_ name: String) throws -> [String] {
        try AuditEvent.read(area.appending(path: "log/\(name)/audit.log"))
          .filter { $0.syscall != nil }
          .map { $0.lines.map { Self.withoutSerial(String($0)) }.joined(separator: "\n") }
      }
      let one = try log("one")
      #expect(one.count > 3000)
      #expect(try log("two") == one)
      #expect(try log("less").count == one.count)
      let keyed = try log("keyed").map {
        $0.replacing("key=\"other\"", with: "key=\"parity\"")
      }
      #expect(keyed == one)
      // Their serials are others than the first one's.
      let few = try log("few")
      #expect(!few.isEmpty && few.count < one.count)
      #expect(few.filter { !$0.contains("exe=\"/usr/bin/setpriv\"") }.allSatisfy(one.contains))
    }
  }

  /// A daemon that goes on to call a task by an older, longer title has longer lines than those that it sees alike with.
  @Test func linesOfAnotherTitleAreNotCopied() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      let rules = "-a always,exit -F arch=b64 -S mkdir -F exe=/usr/bin/perl -k made\n"
      let sooner = "-a always,exit -F arch=b64 -S getppid -F exe=/usr/bin/perl -k made\n"
      let titles = ["a": "x", "b": "longer", "c": "x", "d": "longer", "e": "x"]
      for (name, title) in titles {
        try configuration.daemon(
          name, scope: "host = yes", rules: title == "x" ? rules : rules + sooner)
      }
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try Program.output(
          of: "/usr/bin/perl",
          ["-e", "getppid(); $0 = 'x'; mkdir('made-'.$_) for 1..20", "longer"], in: area)
        for (name, title) in titles {
          let events = try collector.settledEvents(of: name).filter {
            $0.first("SYSCALL")?["syscall"] == "83"
          }
          #expect(events.count == 20)
          for event in events {
            #expect(event.records.map(\.type) == ["SYSCALL", "CWD", "PATH", "PATH", "PROCTITLE"])
            let proctitle = try #require(event.first("PROCTITLE")?["proctitle"])
            #expect(proctitle.contains("6C6F6E676572") == (title == "longer"))
          }
        }
      }
    }
  }

  private static func withoutSerial(_ line: String) -> String {
    line.replacing(#/(msg=audit\([0-9.]+):[0-9]+\)/#) { "\($0.output.1))" }
  }
}
