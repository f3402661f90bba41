import Foundation
import TestSupport
import Testing

/// What the kernel's audit tells without a rule: SECCOMP, ANOM_ABEND, LOGIN, ANOM_PROMISCUOUS.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: parity with the kernel's audit"))
struct RecordsWithoutARule {
  /// One that nothing of the workload meets.
  private static let unmet =
    "-a always,exit -F arch=b64 -S chroot -F uid=\(Workload.uid) -k unmet\n"

  /// What the workload's part `own` makes.
  private static let all = ["ANOM_ABEND": 8, "SECCOMP": 7, "LOGIN": 4, "ANOM_PROMISCUOUS": 8]

  private static func all(but types: String...) -> [String: Int] {
    all.filter { !types.contains($0.key) }
  }

  private struct Case: CustomTestStringConvertible {
    let testDescription: String
    let rules: String
    let counts: [String: Int]
    /// Of LOGIN and ANOM_PROMISCUOUS, how many have their syscall.
    let syscalls: Int
  }

  private static let cases = [
    Case(testDescription: "no rule: the bare syscall", rules: "", counts: all, syscalls: 11),
    Case(
      testDescription: "another rule: every syscall", rules: unmet, counts: all, syscalls: 11),
    Case(
      testDescription: "a rule for the syscalls",
      rules:
        "-a always,exit -F arch=b64 -S write,setsockopt,ioctl -F uid=\(Workload.uid) -k own\n"
        + "-a always,exit -F arch=b64 -S close -F exit=1 -k unmet\n",
      counts: all, syscalls: 11),
    Case(
      testDescription: "never: the record alone",
      rules: "-a never,exit -F arch=b64 -S write,ioctl\n" + unmet, counts: all, syscalls: 7),
    Case(
      testDescription: "excluded by type",
      rules: unmet + "-a always,exclude -F msgtype=LOGIN\n-a always,exclude -F msgtype=SECCOMP\n",
      counts: all(but: "LOGIN", "SECCOMP"), syscalls: 7),
    Case(
      testDescription: "excluded by user",
      rules: unmet + "-a never,exclude -F uid=\(Workload.uid)\n",
      counts: [:], syscalls: 0),
    Case(
      testDescription: "without their SYSCALL",
      rules: unmet + "-a never,exclude -F msgtype=SYSCALL\n",
      counts: all, syscalls: 0),
    Case(
      testDescription: "switched off: SECCOMP alone", rules: "-e 0\n", counts: ["SECCOMP": 7],
      syscalls: 0),
  ]

  @Test(arguments: cases)
  private func theyAreTheKernelsOwn(_ rules: Case) throws {
    try withTemporaryDirectory { area in
      var (theirs, ours, _): ([[String]], [[String]], [URL]) = try Self.logs(rules.rules, in: area)
      if rules.rules.isEmpty {
        // A kernel that has had many rules come and go may count some that are gone, and then gathers addresses.
        theirs = theirs.map { event in event.filter { !$0.hasPrefix("SOCKADDR") } }
      }
      #expect(ours == theirs)
      #expect(OwnRecords.counts(theirs) == rules.counts)
      let syscalls = theirs.count { event in event.contains { $0.hasPrefix("SYSCALL") } }
      #expect(syscalls == rules.syscalls)
    }
  }

  /// Those that bpf(2) loads; of what goes nothing tells a tracepoint.
  @Test(arguments: ["", unmet, unmet + "-a always,exit -F arch=b64 -S bpf -k bpf\n"])
  private func aLoadedProgramIsTheKernelsOwn(rules: String) throws {
    try withTemporaryDirectory { area in
      let logs = try Self.logs(rules, in: area) { try $0.runAsRoot(["programs"]) }.logs
      let (theirs, ours) = (
        try OwnRecords.events(with: "BPF", in: logs[0]),
        try OwnRecords.events(with: "BPF", in: logs[1])
      )
      func loads(_ events: [[String]]) -> [[String]] {
        events.filter { event in
          event.contains { $0.contains(" syscall=321 ") && $0.contains(" comm=\"workload\" ") }
        }
      }
      #expect(loads(ours) == loads(theirs))
      #expect(loads(theirs).count == 5)
    }
  }

  private static func logs(
    _ rules: String, in area: URL,
    running part: (Workload) throws -> Void = { _ = try $0.run(["own"]) }
  ) throws -> (theirs: [[String]], ours: [[String]], logs: [URL]) {
    let workload = try Workload(in: area)
    let configuration = try Configuration(in: area)
    try configuration.daemon("host", scope: "host = yes", rules: rules)
    let reference = try withKernelAudit(rules: rules, in: area) {
      try RunningCollector.with(in: area, configuration: configuration) { _ in
        try part(workload)
      }
    }
    let log = area.appending(path: "log/host/audit.log")
    return (
      try OwnRecords.told(in: reference), try OwnRecords.told(in: log),
      [reference, log]
    )
  }

  /// ausearch and aureport make the same of both logs.
  @Test func theToolsReadThem() throws {
    try withTemporaryDirectory { area in
      let (_, _, logs) = try Self.logs(Self.unmet, in: area)
      let complaints = try AuditTools.complaints(about: logs[1])
      #expect(complaints == [])
      for report in [["--anomaly"], ["--login"], ["--crypto"]] {
        let counts = try logs.map { log in
          try Program.run("aureport", ["-if", log.path] + report + ["--summary"]).output
            .split(separator: "\n").filter { $0.contains(/^\d+\ /) }.sorted()
        }
        #expect(counts[0] == counts[1], "\(report)")
      }
      for type in OwnRecords.types {
        let found = try logs.map { log in
          try Program.run(
            "ausearch", ["-if", log.path, "-m", type, "-ue", "\(Workload.uid)", "--raw"]
          ).output.split(separator: "\n").count { $0.hasPrefix("type=\(type) ") }
        }
        #expect(found[0] == found[1], "\(type)")
      }
    }
  }
}
