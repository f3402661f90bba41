import Foundation
import TestSupport
import Testing

/// A rule on a path means the file of the daemon's own container.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: rules on paths of containers"))
struct WatchedPath {
  private static let rules = """
    -w /etc/secret -p rwa -k secret
    -a always,exit -F arch=b64 -S openat -F dir=/srv/tree -F perm=r -k tree

    """

  /// How a container may come to its file; each reads it once.
  private static let ways = [
    "cat /etc/secret", "cd /etc && cat secret", "cat /etc/../etc/./secret",
    "ln -s ../etc/secret /tmp/symbolic && cat /tmp/symbolic",
    "ln /etc/secret /tmp/hard && cat /tmp/hard", "cat /proc/1/root/etc/secret",
    "cat /proc/self/root/etc/secret",
  ]

  @Test func everyWayToAFileOfTheContainerIsSeenAndNoOtherFileIs() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for name in ["one", "two"] {
        try configuration.daemon(name, scope: "container = \(name)", rules: Self.rules)
      }
      try configuration.daemon(
        "host", scope: "host = yes", rules: Self.rules.replacing("-k ", with: "-k host-"))
      try ContainerArea.with(in: area) { containers in
        for (name, id) in [("one", UInt32(100000)), ("two", 200000)] {
          try containers.bundle(name, hostID: id, command: "while :; do /bin/sleep 1; done")
          let root = containers.root(hostID: id)
          for directory in ["etc", "srv/tree/below", "tmp"] {
            try FileManager.default.createDirectory(
              at: root.appending(path: directory), withIntermediateDirectories: true)
          }
          for file in ["etc/secret", "etc/other", "srv/tree/below/leaf"] {
            try "x".write(to: root.appending(path: file), atomically: false, encoding: .utf8)
          }
          for file in ["etc", "etc/secret", "tmp"] {
            chown(root.appending(path: file).path, id, id)
          }
          try containers.start(.crun, name)
        }
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          for way in Self.ways { try containers.execute(.crun, "one", way) }
          try containers.execute(.crun, "one", "cat /etc/other /srv/tree/below/leaf")
          try containers.execute(
            .crun, "one", "ln -s /srv/tree/below /tmp/below; cat /tmp/below/leaf")
          try containers.execute(.crun, "two", "cat /etc/secret")
          try containers.execute(.crun, "one", "/bin/echo last")
          try containers.execute(.crun, "two", "/bin/echo last")
        }
      }
      let logs = area.appending(path: "log")
      func reads(_ daemon: String, _ key: String) throws -> Int {
        try AuditEvent.read(logs.appending(path: "\(daemon)/audit.log")).count {
          $0.syscall?["key"] == key && $0.syscall?["comm"] == "cat"
            && $0.syscall?["success"] == "yes"
        }
      }
      #expect(try reads("one", "secret") == Self.ways.count)
      #expect(try reads("one", "tree") == 2)
      #expect(try reads("two", "secret") == 1)
      #expect(try reads("two", "tree") == 0)
      // Of the same rule the host's daemon thinks of files of the host.
      #expect(try reads("host", "host-secret") == 0)
      #expect(try reads("host", "host-tree") == 0)
    }
  }

  /// In a container whose tasks have no auid, half of every published ruleset matches nothing.
  @Test func anUnsetAuidMatchesWhereTheScopeSaysSo() throws {
    try withTemporaryDirectory { area in
      let rules = "-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=unset -k users\n"
      let configuration = try Configuration(in: area)
      try configuration.daemon("strict", scope: "container = task", rules: rules)
      try configuration.daemon(
        "lenient", scope: "container = task\nauid = unset-matches", rules: rules)
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("task", command: "/bin/echo unset; while :; do /bin/sleep 1; done")
        try containers.start(.crun, "task")
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          try containers.execute(.crun, "task", "/bin/echo unset")
          let verdicts = try ["strict", "lenient"].map { name in
            try Program.output(
              of: Machine.product("nestaudit"),
              ["rules", "list", name, "--state", collector.state.path])
          }
          #expect(verdicts[0].contains("can-never-match") && verdicts[0].contains("unset-matches"))
          #expect(verdicts[1].contains("1 active"))
        }
      }
      let logs = area.appending(path: "log")
      let seen = try AuditEvent.read(logs.appending(path: "lenient/audit.log"))
        .filter { $0.first("EXECVE")?["a1"] == "unset" }
      #expect(seen.count == 1)
      #expect(seen.first?.syscall?["auid"] == "4294967295")
      let strict = try AuditEvent.read(logs.appending(path: "strict/audit.log"))
      #expect(strict.allSatisfy { $0.syscall == nil })
    }
  }
}
