import Foundation
import TestSupport
import Testing

/// What programs of the host have written, under the kernel's audit and ours at once.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: messages to the kernel's audit"))
struct UserMessagesOfTheHost {
  private static let auid: UInt32 = 7777

  @Test(arguments: [
    ("", UserMessages.written + UserMessages.typed + 1), ("-e 0\n", 1),
  ])
  func theyAreTheKernelsOwn(rules: String, count: Int) throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: rules)
      let reference = try withKernelAudit(rules: rules, in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try workload.runAsRoot(["messages", "\(Self.auid)"])
          try Program.output(
            of: "sh",
            ["-c", "echo \(Self.auid) > /proc/self/loginuid; auditctl -m 'two words' || true"])
        }
      }
      let log = area.appending(path: "log/host/audit.log")
      let theirs = try UserMessages.told(in: reference, auid: Self.auid)
      let ours = try UserMessages.told(in: log, auid: Self.auid)
      #expect(theirs.count == count)
      for change in ours.difference(from: theirs).prefix(6) {
        Issue.record("\(String(describing: change).prefix(600))")
      }
      let complaints = try AuditTools.complaints(about: log)
      #expect(complaints == [])
      // Every line is a record that somebody has written, and nobody has forged.
      let events = try AuditEvent.read(log)
      #expect(events.flatMap(\.records).allSatisfy { $0["pid"] != "1" })
      let found = try Program.run("ausearch", ["-if", log.path, "-ul", "4711", "--raw"])
      #expect(!found.output.contains("type="))
    }
  }

  /// Lists user and exclude; $A is the login uid.
  private static let rulesets = [
    "-a never,user -F msgtype=USER", "-a always,user -F msgtype=USER\n-a never,user -F uid=0",
    "-a never,user -F uid=0", "-a never,user -F uid!=0", "-a never,user -F gid=\(Workload.uid)",
    "-a never,user -F gid!=\(Workload.uid)", "-a never,user -F auid=$A -F msgtype!=USER_AUTH",
    "-a never,user -F auid=unset", "-a never,user -F auid!=unset", "-a never,user -F pid=1",
    "-a never,user -F pid>1", "-a never,user -F msgtype>=1112 -F msgtype<=2404",
    "-a never,user -F exe=$P", "-a never,user -F exe!=$P", "-a never,user -F exe=$P -F key=k",
    "-a never,user -F exe=$P -F key=k\n-a never,user -F uid=0",
    "-a never,user -F euid=0\n-a never,user -F uid=0",
    "-a never,user -F uid=1 -F euid=0\n-a never,user -F uid=0",
    "-a never,user\n-a never,user -F msgtype=USER", "-A never,user -F msgtype=USER_LOGIN",
    "-a never,user -F subj_type=x\n-a never,user -F subj_type!=x",
    "-a always,exclude -F msgtype=USER", "-a always,exclude -F uid=0",
    "-a never,exclude -F msgtype>=2100", "-a always,exclude -F exe=$P",
    "-a always,user -F uid=0\n-a always,exclude -F msgtype=USER_AUTH",
  ]

  @Test func theListsUserAndExcludeLeaveOutWhatTheyDoInTheKernel() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: "")
      let file = area.appending(path: "case.rules")
      let cases = Self.rulesets.enumerated().map { number, rules in
        let auid = Self.auid + UInt32(number)
        return (
          auid: auid,
          rules: rules.replacing("$A", with: "\(auid)")
            .replacing("$P", with: area.appending(path: "workload").path) + "\n"
        )
      }
      let reference = try withKernelAudit(rules: "-D\n", in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          for one in cases {
            try "-D\n\(one.rules)".write(to: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes(
              [.posixPermissions: 0o600], ofItemAtPath: file.path)
            try Program.output(of: "auditctl", ["-R", file.path])
            try configuration.daemon("host", scope: "host = yes", rules: one.rules)
            try collector.reload()
            try workload.runAsRoot(["messages", "\(one.auid)"])
          }
        }
      }
      var counts: Set<Int> = []
      for one in cases {
        let theirs = try UserMessages.told(in: reference, auid: one.auid)
        let ours = try UserMessages.told(
          in: area.appending(path: "log/host/audit.log"), auid: one.auid)
        #expect(theirs == ours, "\(one.rules): the kernel's \(theirs.count), ours \(ours.count)")
        counts.insert(theirs.count)
      }
      print("\(cases.count) rulesets, \(counts.sorted()) messages")
      #expect(counts.count > 6 && counts.contains(0))
    }
  }

  /// More in one call than is looked at is counted, and a user without the capability has nothing written.
  @Test func thereIsAnEndToIt() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: "")
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        func told() throws -> Int {
          try collector.events(of: "host").count {
            $0.first("USER")?.text.contains("'one of many'") == true
          }
        }
        try workload.run(["flood"])
        try workload.runAsRoot(["flood"])
        try wait(for: "what is told of it") { try told() >= 64 }
        try wait(for: "the loss") {
          try collector.status().daemons.first { $0.name == "host" }?.lost == 1
        }
        #expect(try told() == 64)
      }
    }
  }
}
