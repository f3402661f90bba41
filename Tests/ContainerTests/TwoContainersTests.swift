import Foundation
import TestSupport
import Testing

/// Two containers and the host, three rulesets, three logs, one capture.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: two containers and the host"))
struct TwoContainers {
  private static let webCommands = """
    for n in 1 2 3; do /bin/touch /tmp/marker-of-web-$n; done
    wget -q -O /dev/null http://127.0.0.1:9/
    /bin/cat /etc/passwd > /dev/null; while :; do /bin/sleep 1; done
    """
  private static let dbCommands = """
    for n in 1 2 3; do /bin/rm -f /data/marker-of-db-$n; done
    echo marker-of-db:x:1:1::/:/bin/sh >> /etc/passwd; while :; do /bin/sleep 1; done
    """

  /// Logs of one run, which all tests of the suite read.
  private struct Logs: Sendable {
    var web: [AuditEvent] = []
    var db: [AuditEvent] = []
    var host: [AuditEvent] = []
    var pids: [String: pid_t] = [:]
    var ids: [String: UInt64] = [:]
    var bytes: [String: String] = [:]
    var complaints: [String] = []
  }

  private static let logs: Result<Logs, any Error> = Result { try record() }

  private static func record() throws -> Logs {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S execve -F uid>=100000 -F uid<=265535 -k host-exec\n")
      try configuration.daemon(
        "web", scope: "container = web",
        rules: """
          -a always,exit -F arch=b64 -S execve -F uid=0 -k web-exec
          -a always,exit -F arch=b64 -S connect -k web-connect
          """)
      try configuration.daemon(
        "db", scope: "container = db",
        rules: """
          -a always,exit -F arch=b64 -S execve -F success=1 -k db-exec
          -w /etc/passwd -p wa -k db-identity
          """)
      var logs = Logs()
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle("web", hostID: 100000, command: webCommands)
          try containers.bundle("db", hostID: 200000, command: dbCommands)
          for (name, runtime) in [("web", ContainerRuntime.crun), ("db", .runc)] {
            let pid = try containers.start(runtime, name)
            logs.pids[name] = pid
            logs.ids[name] = try ContainerArea.cgroup(of: pid).id
          }
          // The last thing that each does, over and over.
          for name in ["web", "db"] {
            try wait(for: "the sleep of \(name)") {
              try collector.events(of: name).contains { $0.syscall?["comm"] == "sleep" }
            }
          }
        }
      }
      for name in ["web", "db", "host"] {
        let log = area.appending(path: "log/\(name)/audit.log")
        logs.bytes[name] = try String(contentsOf: log, encoding: .utf8)
        logs.complaints += try AuditTools.complaints(about: log)
      }
      let read = { (name: String) in
        try AuditEvent.read(area.appending(path: "log/\(name)/audit.log"))
      }
      (logs.web, logs.db, logs.host) = (try read("web"), try read("db"), try read("host"))
      return logs
    }
  }

  private func keys(_ events: [AuditEvent]) -> Set<String> {
    Set(events.compactMap { $0.syscall?["key"] })
  }

  @Test func eachLogHoldsWhatItsRulesAskFor() throws {
    let logs = try Self.logs.get()
    #expect(keys(logs.web) == ["web-exec", "web-connect"])
    #expect(keys(logs.db) == ["db-exec", "db-identity"])
    #expect(keys(logs.host) == ["host-exec"])
    let touched = logs.web.count { $0.first("EXECVE")?["a1"]?.hasPrefix("/tmp/marker-") == true }
    #expect(touched == 3)
    let removed = logs.db.count { $0.first("EXECVE")?["a2"]?.hasPrefix("/data/marker-") == true }
    #expect(removed == 3)
    #expect(logs.db.count { $0.syscall?["key"] == "db-identity" } == 1)
    #expect(logs.web.contains { $0.first("SOCKADDR") != nil })
  }

  @Test(arguments: ["web", "db"])
  func aContainerLooksLikeAHost(name: String) throws {
    let logs = try Self.logs.get()
    let events = (name == "web" ? logs.web : logs.db).filter { $0.syscall != nil }
    let first = try #require(events.first?.syscall)
    #expect(first["pid"] == "1")
    #expect(first["ppid"] == "0")
    #expect(first["exe"] == "/bin/busybox")
    #expect(events[0].first("EXECVE")?["a0"] == "/bin/sh")
    for event in events {
      for field in ["uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"] {
        #expect(event.syscall?[field] == "0", "\(event.lines)")
      }
      #expect(Int(event.syscall?["pid"] ?? "").map { (1...100).contains($0) } == true)
      #expect(event.first("CONTAINER_ID") == nil)
      for path in event.records where path.type == "PATH" && path["ouid"] != nil {
        #expect(path["ouid"] == "0", "\(path.text)")
      }
    }
    let serials = events.map(\.serial)
    #expect(serials == serials.sorted())
    #expect(serials.last.map { $0 - serials[0] } == UInt64(serials.count - 1), "no gaps")
  }

  @Test(arguments: ["web", "db"])
  func itsBeginAndItsEndAreInItsLogAndInTheHosts(name: String) throws {
    let logs = try Self.logs.get()
    let id = try #require(logs.ids[name])
    let pid = try #require(logs.pids[name])
    for (log, process) in [(name == "web" ? logs.web : logs.db, 1), (logs.host, pid)] {
      let own = log.compactMap { $0.first("CONTAINER_OP") }.filter {
        $0["contid"] == "\(id)" || $0["old-contid"] == "\(id)"
      }
      #expect(own.map { $0["op"] } == ["set", "drop"])
      #expect(own.map { $0["opid"] } == ["\(process)", "\(process)"])
      #expect(own.map { $0["contid"] } == ["\(id)", "-1"])
      #expect(own.map { $0["old-contid"] } == ["-1", "\(id)"])
    }
  }

  @Test(arguments: [("web", "db"), ("db", "web")])
  func nothingOfTheOtherIsInALog(name: String, other: String) throws {
    let logs = try Self.logs.get()
    let text = try #require(logs.bytes[name])
    let foreign =
      [
        "marker-of-\(other)", "\(other)-", "CONTAINER_ID", "nestaudit-test", "id=100000",
        "id=200000",
      ] + logs.pids.values.map { "pid=\($0) " }
    // A time or an address may have its digits somewhere.
    let id = "\(try #require(logs.ids[other]))"
    let numbers = Set(text.split { !$0.isLetter && !$0.isNumber })
    #expect(!numbers.contains(id[...]), "\(id) in the log of \(name)")
    for word in foreign { #expect(!text.contains(word), "\(word) in the log of \(name)") }
    for word in foreign + [id] {
      let hex = word.utf8.map { String(format: "%02X", $0) }.joined()
      #expect(!text.contains(hex), "\(word) in hexadecimal in the log of \(name)")
    }
  }

  @Test func theHostSeesBothByTheirRealNumbers() throws {
    let logs = try Self.logs.get()
    for (name, base) in [("web", 100000), ("db", 200000)] {
      let id = try #require(logs.ids[name])
      let own = logs.host.filter { $0.first("CONTAINER_ID")?["contid"] == "\(id)" }
      let pid = try #require(logs.pids[name])
      #expect(own.first?.syscall?["pid"] == "\(pid)")
      #expect(own.allSatisfy { $0.syscall?["uid"] == "\(base)" })
      let order = own.first?.records.map(\.type).prefix(2)
      #expect(order == ["CONTAINER_ID", "SYSCALL"])
      #expect(own.first?.syscall?["record"] == own.first?.first("CONTAINER_ID")?["record"])
    }
    #expect(logs.host.allSatisfy { $0.syscall == nil || $0.first("CONTAINER_ID") != nil })
  }

  /// The same execs, in the host's log and in the container's: undoing the mapping gives the same.
  @Test func bothViewsTellOneStory() throws {
    let logs = try Self.logs.get()
    for (name, events, base) in [("web", logs.web, 100000), ("db", logs.db, 200000)] {
      let id = try #require(logs.ids[name])
      let inside = events.filter {
        $0.first("EXECVE") != nil && $0.syscall?["key"] == "\(name)-exec"
      }
      let outside = logs.host.filter {
        $0.first("CONTAINER_ID")?["contid"] == "\(id)" && $0.first("EXECVE") != nil
      }
      // The last of them may have come between the two daemons' ends.
      #expect(abs(inside.count - outside.count) <= 1)
      var pids: [String: String] = [:]
      for (own, host) in zip(inside, outside) {
        for field in ["a0", "a1", "exit", "comm", "exe", "ses", "auid"] {
          #expect(own.syscall?[field] == host.syscall?[field])
        }
        #expect(own.first("EXECVE")?.text == host.first("EXECVE")?.text)
        let uid = own.syscall?["uid"].flatMap { Int($0) }
        #expect(host.syscall?["uid"] == uid.map { "\($0 + base)" })
        let pid = try #require(own.syscall?["pid"])
        #expect(pids[pid, default: host.syscall?["pid"] ?? ""] == host.syscall?["pid"])
        pids[pid] = host.syscall?["pid"]
      }
      #expect(Set(pids.values).count == pids.count)
    }
  }

  @Test func theToolsReadAllThree() throws {
    let complaints = try Self.logs.get().complaints
    #expect(complaints == [])
  }
}
