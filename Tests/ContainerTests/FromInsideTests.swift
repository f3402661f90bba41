import Foundation
import TestSupport
import Testing

/// What the people in a container do with their own daemon, and with nobody else's.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers that ask the collector"))
struct FromInside {
  @Test func rootLooksAfterItsOwnDaemonAlone() throws {
    try Tenants.with { place in
      #expect(try place.ctl("-l", in: "web") == (Tenants.rule, 0))
      #expect(
        try place.ctl("-a always,exit -F arch=b64 -S rmdir -k more", in: "web") == ("", 0))
      let more = "-a always,exit -F arch=b64 -S rmdir -F key=more"
      #expect(try place.ctl("-l", in: "web") == (Tenants.rule + "\n" + more, 0))
      #expect(try place.ctl("-l -k mor", in: "web") == (more, 0))
      #expect(try place.ctl("-l", in: "db") == (Tenants.rule, 0))

      // The new rule works at once, in its own log alone.
      for name in ["web", "db"] {
        _ = try place.run(
          "/bin/mkdir /tmp/one; /bin/rmdir /tmp/one; /bin/mkdir /tmp/last", in: name)
      }
      let removed = try place.record("SYSCALL", "key=\"more\"", in: "web").record
      #expect(removed["comm"] == "rmdir" && removed["uid"] == "0")
      try wait(for: "the last event of db") {
        try place.collector.events(of: "db").count { $0.syscall?["comm"] == "mkdir" } == 2
      }
      #expect(try !place.collector.events(of: "db").contains { $0.syscall?["key"] == "more" })

      // Who has changed it is said as the container has it.
      let added = try place.record("CONFIG_CHANGE", "key=\"more\"", in: "web")
      #expect(added.record.text.hasSuffix("op=add_rule key=\"more\" list=4 res=1"))
      #expect(added.event.records.count == 1)

      let again = try place.ctl("-a always,exit -F arch=b64 -S rmdir -k more", in: "web")
      #expect(again.status == 1)
      #expect(
        again.text == "nestaudit: Error sending add rule data request (Rule exists)")
      _ = try place.record("CONFIG_CHANGE", "op=add_rule key=\"more\" list=4 res=0", in: "web")
      let absent = try place.ctl("-d always,exit -F arch=b64 -S rmdir", in: "web")
      #expect(absent.status == 1)
      #expect(
        absent.text
          == "nestaudit: Error sending delete rule data request (No such file or directory)")
      let wrong = try place.ctl("-a always,exit -S no-such-call", in: "web")
      #expect(wrong == ("nestaudit: syscall name unknown: no-such-call", 1))

      #expect(try place.ctl("-D", in: "web") == ("No rules", 0))
      #expect(try place.ctl("-l", in: "web") == ("No rules", 0))
      #expect(try place.ctl("-l", in: "db") == (Tenants.rule, 0))
      #expect(try place.collector.status().daemons.first { $0.name == "web" }?.rules == 0)

      // A reload brings back what the files say.
      try place.collector.reload()
      #expect(try place.ctl("-l", in: "web") == (Tenants.rule, 0))
    }
  }

  @Test func settingsAreTheDaemonsOwnAndCanBeLocked() throws {
    try Tenants.with { place in
      let before = try place.ctl("-s", in: "web")
      #expect(before.status == 0)
      let lines = before.text.split(separator: "\n")
      #expect(
        lines.map { $0.split(separator: " ")[0] } == [
          "enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog",
          "backlog_wait_time", "backlog_wait_time_actual", "loginuid_immutable",
        ])
      #expect(lines.contains("enabled 1") && lines.contains("pid 0"))
      let set = try place.ctl("-b 1000 -r 50", in: "web")
      #expect(set.status == 0 && set.text.contains("rate_limit 50\nbacklog_limit 1000\n"))
      let told = try place.record("CONFIG_CHANGE", "op=set audit_backlog_limit=1000", in: "web")
      #expect(told.record["old"] == "65536" && told.record["res"] == "1")
      #expect(try place.ctl("-s", in: "db").text.contains("rate_limit 0\n"))

      #expect(try place.ctl("-e 2", in: "web").text.hasPrefix("enabled 2\n"))
      let locked = try place.ctl("-D", in: "web")
      #expect(
        locked == (
          "nestaudit: The audit system is in immutable mode, no rule changes allowed", 4
        ))
      _ = try place.record("CONFIG_CHANGE", "op=remove_rule audit_enabled=2 res=0", in: "web")
      // Nor does root of the host change it, or a reload.
      try place.collector.reload()
      let host = try Program.run(
        Machine.product("nestaudit"),
        ["ctl", "web", "-e", "1", "--state", place.collector.state.path])
      #expect(host.status == 4)
      #expect(try place.ctl("-s", in: "web").text.hasPrefix("enabled 2\n"))
      #expect(try place.ctl("-b 2000", in: "db").status == 0)
    }
  }

  @Test func statusIsThatOfTheOwnDaemon() throws {
    try Tenants.with { place in
      func status(_ options: String = "") throws -> (text: String, status: Int) {
        try place.run("\(ContainedProgram.place)/na status \(options)", in: "web")
      }
      _ = try place.run("/bin/mkdir /tmp/one /tmp/two /tmp/three", in: "web")
      try wait(for: "the events in the log") {
        try place.collector.events(of: "web").count { $0.syscall != nil } >= 3
      }
      let settings = try place.ctl("-s", in: "web").text.split(separator: "\n")
      let all = try status()
      let lines = all.text.split(separator: "\n")
      // No other daemon, and the very lines of ctl -s.
      #expect(all.status == 0 && all.text.components(separatedBy: "daemon ").count == 2)
      #expect(lines[0] == "daemon web" && Array(lines[1...settings.count]) == settings)
      #expect(lines.contains("pid 0") && lines.contains("lost_backlog 0"))
      #expect(try status("web").text == all.text)
      let books = try place.collector.report(on: "web").books
      #expect(lines.contains("captured \(books.captured)") && books.written >= 3)

      let other = try status("db")
      #expect(other.status == 4 && other.text.contains("'db' is no daemon of this container"))
      _ = try place.record("CONFIG_CHANGE", "op=list res=0", in: "web")
      let user = try place.run(
        "su user -c '\(ContainedProgram.place)/na status'", in: "web")
      #expect(user.status == 4 && user.text.contains("only root of the container may"))
      let wrong = try status("--no-such-option")
      #expect(wrong.status == 2)
    }
  }

  @Test func nobodyElseMayAndItIsSaid() throws {
    try Tenants.with { place in
      let refused = try place.run(
        "su user -c '\(ContainedProgram.place)/na ctl -D'", in: "web")
      #expect(refused.status == 4)
      #expect(refused.text.contains("Operation not permitted: only root of the container may"))
      let own = try place.record("CONFIG_CHANGE", "op=remove_rule res=0", in: "web")
      #expect(own.record["uid"] == "1000" && own.event.first("CONTAINER_ID") == nil)
      #expect(Int(own.record["pid"] ?? "").map { $0 > 0 && $0 < 1000 } == true)
      let hosts = try place.record("CONFIG_CHANGE", "op=remove_rule res=0", in: "host")
      #expect(hosts.record["uid"] == "101000")
      #expect(hosts.event.first("CONTAINER_ID") != nil)
      #expect(
        try !place.collector.events(of: "db").contains { $0.first("CONFIG_CHANGE") != nil })

      // Root of a user namespace that an ordinary user has made is no root of the container.
      let nested = try place.run(
        "su user -c 'unshare -U -r \(ContainedProgram.place)/na ctl -D'", in: "web")
      #expect(nested.status == 4, "\(nested)")

      // What a request says of whose it is counts for nothing.
      for other in ["db", "host", "no-such"] {
        let forged = try place.ctl("\(other) -l", in: "web")
        #expect(forged.status == 4)
        #expect(
          forged.text
            == "nestaudit: Operation not permitted: '\(other)' is no daemon of this container")
      }
      #expect(try place.ctl("-l", in: "web") == (Tenants.rule, 0))
      #expect(try place.ctl("-l", in: "db") == (Tenants.rule, 0))
    }
  }

  @Test func whatIsAllowedToOthersIsAllowedAndNoMore() throws {
    try Tenants.with(scope: "allow = list, tail\nallow_uids = 1000") { place in
      func status(_ arguments: String) throws -> Int {
        try place.run("su user -c '\(ContainedProgram.place)/na \(arguments)'", in: "web").status
      }
      let allowed = try ["ctl -l", "ctl -s", "tail -n 1"].map(status)
      #expect(allowed == [0, 0, 0])
      let refused = try ["ps", "ctl -D", "tail db"].map(status)
      #expect(refused == [1, 4, 1])
    }
  }

  @Test func itSeesItsOwnLogAndItself() throws {
    try Tenants.with { place in
      let program = "\(ContainedProgram.place)/na"
      _ = try place.run("/bin/mkdir /tmp/seen", in: "web")
      _ = try place.record("SYSCALL", "key=\"start\"", in: "web")
      let tail = try place.run("\(program) tail --raw -n 100", in: "web")
      let log = try String(contentsOf: place.collector.log(of: "web"), encoding: .utf8)
      #expect(tail.status == 0 && tail.text + "\n" == log)
      #expect(try place.run("\(program) tail -k start", in: "web").text.contains("mkdir"))

      // What is added comes by itself.
      _ = try place.run(
        "\(program) tail -f -n 0 --raw > /tmp/followed & /bin/sleep 1; /bin/mkdir /tmp/later",
        in: "web")
      let followed = place.containers.root().appending(path: "tmp/followed")
      try wait(for: "the event in the container") {
        (try? String(contentsOf: followed, encoding: .utf8))?.contains("name=\"/tmp/later\"")
          == true
      }

      let status = try place.run("\(program) ps --json", in: "web").text
      for foreign in [
        place.collector.logs.path, place.collector.state.path, "db", "nestaudit-", "audit.log",
        "\(place.collector.pid)",
      ] {
        #expect(!status.contains("\"\(foreign)") && !status.contains("\(foreign)\""), "\(status)")
      }
      #expect(status.contains("\"contid\" : 0") && status.contains("\"name\" : \"web\""))
    }
  }

  @Test func quotasBindTheContainerAndNameThemselves() throws {
    try Tenants.with(
      scope: "max_rules = 2\nmax_rate = 100\nmax_backlog = 500\nmax_connections = 2"
    ) { place in
      #expect(try place.ctl("-w /tmp/a -p wa", in: "web").status == 0)
      let many = try place.ctl("-w /tmp/b -p wa", in: "web")
      #expect(many.status == 1 && many.text.contains("max_rules = 2 of the daemon's scope.conf"))
      let fast = try place.ctl("-r 101", in: "web")
      #expect(fast.status == 1 && fast.text.contains("max_rate = 100"))
      #expect(try place.ctl("-r 100", in: "web").status == 0)
      #expect(try place.ctl("-r 0", in: "web").status == 1)
      #expect(try place.ctl("-b 0", in: "web").text.contains("max_backlog = 500"))
      let name = try place.ctl("-a always,exit -F uid=root", in: "web")
      #expect(name.text.contains("a name would be one of the host's"))
      #expect(try place.ctl("-R /etc/passwd", in: "web").status == 1)

      let program = "\(ContainedProgram.place)/na"
      let crowd = try place.run(
        """
        for n in 1 2 3 4; do \(program) tail -f > /dev/null 2> /tmp/crowd-$n & done
        /bin/sleep 2; cat /tmp/crowd-*; kill $(jobs -p)
        """, in: "web")
      #expect(crowd.text.contains("max_connections = 2 of scope.conf"), "\(crowd)")
      #expect(try place.ctl("-l", in: "db").status == 0)
    }
  }

  /// `contid.declare = yes`: a container's root is an orchestrator of what it makes, and of nothing else.
  @Test func rootDeclaresContidsWhereScopeLetsIt() throws {
    try Tenants.with(scope: "contid.declare = yes\n") { place in
      func contid(_ words: String, before: String = "") throws -> (text: String, status: Int) {
        try place.run(
          "\(before)\(ContainedProgram.place)/na contid \(words)", in: "web")
      }
      let own = try #require(
        try place.collector.status().containers.first { $0.name == "web" }?.contid)
      let other = try #require(
        try place.collector.status().containers.first { $0.name == "db" }?.contid)
      let script = """
        mkfifo /tmp/go-1; sh -c 'read x < /tmp/go-1; /bin/mkdir /tmp/declared; exec sleep 2' & inner=$!
        \(ContainedProgram.place)/na contid set $inner 70
        \(ContainedProgram.place)/na contid get $inner
        \(ContainedProgram.place)/na contid get $$
        \(ContainedProgram.place)/na ps | tail -n 1
        echo > /tmp/go-1; wait $inner
        """
      let done = try place.run(script, in: "web")
      #expect(done.status == 0)
      let lines = done.text.split(separator: "\n")
      #expect(lines.prefix(2) == ["70", "-1"], "\(done.text)")
      #expect(lines.last?.contains("contid-70") == true, "\(done.text)")

      // Each view has the chain as far as it goes.
      let ownOperation = try place.record("CONTAINER_OP", "contid=70 old-contid=-1", in: "web")
      #expect(ownOperation.record["uid"] == "0" && ownOperation.record["res"] == "1")
      let hosts = try place.record(
        "CONTAINER_OP", " contid=70,^\(own) old-contid=\(own) ", in: "host")
      #expect(hosts.record["uid"] == "100000")
      for (daemon, chain) in [("web", "70"), ("host", "70,^\(own)")] {
        let made = try place.record("SYSCALL", "comm=\"mkdir\"", in: daemon)
        #expect(made.event.first("CONTAINER_ID")?["contid"] == chain)
      }

      // Nobody but root, nobody for others, nothing of others.
      let child = "sleep 9 & "
      #expect(
        try contid("set $! 71 --from 1", before: child).text.contains("EPERM: "))
      #expect(try contid("set $! \(other)", before: child).text.contains("ENOTUNIQ: "))
      #expect(try contid("set $! 0", before: child).text.contains("EINVAL: "))
      #expect(try contid("set \(place.collector.pid) 71").text.contains("ESRCH: "))
      #expect(try contid("get \(place.collector.pid)").text.contains("ESRCH: "))
      let asUser = try place.run(
        "su user -c 'sleep 9 & \(ContainedProgram.place)/na contid set $! 71; exit $?'", in: "web")
      #expect(asUser.status == 4 && asUser.text.contains("EPERM: "), "\(asUser.text)")
      let user = try place.record("CONTAINER_OP", "uid=1000", in: "web").record
      #expect(user["contid"] == "71" && user["res"] == "0" && user["op"] == "set")
      _ = try place.record("CONTAINER_OP", "uid=101000", in: "host")
    }
  }

  @Test func elsewhereRootDeclaresNothing() throws {
    try Tenants.with { place in
      let refused = try place.run(
        "sleep 9 & \(ContainedProgram.place)/na contid set $! 70", in: "db")
      #expect(refused.status == 4 && refused.text.contains("EPERM: "), "\(refused.text)")
      let own = try place.record("CONTAINER_OP", "contid=70", in: "db").record
      #expect(own["res"] == "0" && own["uid"] == "0" && own["old-contid"] == "-1")
      _ = try place.record("CONTAINER_OP", "contid=70", in: "host")
      #expect(
        try place.collector.events(of: "web").allSatisfy {
          $0.first("CONTAINER_OP")?["contid"] != "70"
        })
      #expect(try !place.collector.status().containers.contains { $0.contid == 70 })
    }
  }
}
