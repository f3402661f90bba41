import Foundation
import TestSupport
import Testing

/// What programs of a container send to the kernel's audit is in its own log, and in those of the daemons around it.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers"))
struct UserMessagesOfAContainer {
  private static let auid: UInt32 = 7777
  /// Those of `messages` that are of the type USER_AUTH.
  private static let authentications = 2

  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let runtime: ContainerRuntime
    /// The host's id of its root; 0 is a container without a user namespace, whose messages the kernel takes.
    let root: UInt32
  }

  static let cases = [
    Case(testDescription: "crun, with users of its own", runtime: .crun, root: 300_000),
    Case(testDescription: "runc, with users of its own", runtime: .runc, root: 300_000),
    Case(testDescription: "crun, with the host's users", runtime: .crun, root: 0),
    Case(testDescription: "runc, with the host's users", runtime: .runc, root: 0),
  ]

  /// What the host's programs need to run in a container, and the workload.
  private static func shares(_ area: URL) throws -> [String: URL] {
    let given = area.appending(path: "given")
    let manager = FileManager.default
    try manager.createDirectory(
      at: given, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try manager.copyItem(
      atPath: Machine.product("workload"), toPath: given.appending(path: "workload").path)
    var shares = ["/given": given]
    for path in ["/usr", "/lib", "/lib64", "/opt"] { shares[path] = URL(filePath: path) }
    return shares
  }

  @Test(arguments: cases)
  func eachDaemonHasThemByItsNumbers(_ one: Case) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for (daemon, scope, rules) in [
        ("own", "container = speaks", ""), ("host", "host = yes", ""),
        ("other", "container = silent", ""), ("off", "container = speaks", "-e 0\n"),
        ("quiet", "container = speaks", "-a never,user -F uid=0\n"),
        (
          "some", "container = speaks", "-a never,user -F auid=\(Self.auid) -F msgtype!=USER_AUTH\n"
        ),
        ("excluded", "container = speaks", "-a always,exclude -F msgtype>=1000\n"),
      ] {
        try configuration.daemon(daemon, scope: scope, rules: rules)
      }
      func told(_ daemon: String, _ auid: UInt32 = Self.auid) throws -> [String] {
        try UserMessages.told(in: area.appending(path: "log/\(daemon)/audit.log"), auid: auid)
      }
      let shares = try Self.shares(area)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          for name in ["speaks", "silent"] {
            try containers.bundle(
              name, hostID: one.root, capabilities: ["CAP_AUDIT_WRITE"], shares: shares,
              hasHostsUsers: one.root == 0, command: "exec sleep 1000")
          }
          let pid = try containers.start(one.runtime, "speaks")
          let contid = try ContainerArea.cgroup(of: pid).id
          try containers.start(one.runtime, "silent")
          try containers.execute(
            one.runtime, "speaks",
            "echo $$ > /tmp/pid; exec /given/workload messages \(Self.auid)")
          // auditctl says that it was refused.
          try containers.execute(
            one.runtime, "speaks",
            "echo \(Self.auid) > /proc/self/loginuid; /usr/sbin/auditctl -m 'by auditctl' || true")
          try wait(for: "the last message in the log of the host") {
            try told("host", one.root + Self.auid).last?.contains("by auditctl") == true
          }
          let number = try String(
            contentsOf: containers.root(hostID: one.root).appending(path: "tmp/pid"),
            encoding: .utf8
          ).trimmingCharacters(in: .whitespacesAndNewlines)
          let own = try told("own")
          #expect(own.count == UserMessages.written + 1)
          #expect(own.first?.hasPrefix("USER: pid=\(number) uid=0 auid=\(Self.auid) ses=") == true)
          // The host's is the same by other numbers, each with the container's name.
          let hosts = try told("host", one.root + Self.auid)
          #expect(UserMessages.texts(hosts) == UserMessages.texts(own))
          #expect(
            hosts.allSatisfy { $0.contains(" uid=\(one.root) auid=\(one.root + Self.auid) ") })
          try expectNamed(contid, collector, auid: one.root + Self.auid, count: own.count)
        }
      }
      #expect(try told("some").count == Self.authentications)
      // USER_AVC alone is written while the audit is off.
      #expect(try told("off").map { String($0.prefix { $0 != ":" }) } == ["USER_AVC"])
      for daemon in ["other", "quiet", "excluded"] {
        #expect(try told(daemon).isEmpty, "\(daemon)")
      }
      for daemon in ["own", "host"] {
        let complaints = try AuditTools.complaints(
          about: area.appending(path: "log/\(daemon)/audit.log"))
        #expect(complaints == [], "\(daemon)")
      }
    }
  }

  private func expectNamed(
    _ contid: UInt64, _ collector: RunningCollector, auid: UInt32, count: Int
  ) throws {
    let named = try collector.events(of: "host").filter { $0.records.last?["auid"] == "\(auid)" }
      .filter { $0.records.last?.text.contains(" msg='") == true }
    #expect(named.count == count)
    #expect(
      named.allSatisfy {
        $0.records.count == 2 && $0.records[0].type == "CONTAINER_ID"
          && $0.records[0].text == "record=1 contid=\(contid)"
      })
    #expect(
      try collector.events(of: "own").allSatisfy { $0.first("CONTAINER_ID") == nil })
  }

  /// Neither does root of a container have anything written without CAP_AUDIT_WRITE, nor who makes himself root of
  /// a user namespace below.
  @Test(arguments: [300_000, 0] as [UInt32])
  func nobodyElseHasAnythingWritten(root: UInt32) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("own", scope: "container = weak", rules: "")
      try configuration.daemon("host", scope: "host = yes", rules: "")
      let shares = try Self.shares(area)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        func told(_ daemon: String, _ text: String) throws -> Int {
          try collector.events(of: daemon).count {
            $0.records.contains { $0.type == "USER" && $0.text.contains(text) }
          }
        }
        try ContainerArea.with(in: area) { containers in
          try containers.bundle(
            "weak", hostID: root, shares: shares, hasHostsUsers: root == 0,
            command: "exec sleep 1000")
          try containers.start(.crun, "weak")
          #expect(
            try containers.execute(.crun, "weak", "/given/workload flood").contains("100 messages"))
          let nested = try containers.execute(
            .crun, "weak", "/usr/bin/unshare -Ur /given/workload flood")
          #expect(nested.contains("100 messages"))
          try Program.output(of: "unshare", ["-Ur", Machine.product("workload"), "flood"])
          // What comes last and may be written.
          _ = try Program.run("auditctl", ["-m", "last"])
          try wait(for: "the last message") { try told("host", "last") == 1 }
          for daemon in ["own", "host"] { #expect(try told(daemon, "one of many") == 0) }
        }
      }
    }
  }
}
