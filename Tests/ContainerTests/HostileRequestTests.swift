import Foundation
import TestSupport
import Testing

/// What a container sends to lead the collector to others, to hold it up, or to write what it likes into logs.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: hostile requests"))
struct HostileRequests {
  /// Nothing in an answer or a log may be of these.
  private static let names = [
    "", ".", "..", "/", "../db", "db/../db", "web/../db", "./web", "web/", "/web", "db", "host",
    "../../log/db", "web\\u0000", "db\\u0000", "web\\n", "db\\ntype=USER", "\\u001b[2Jdb",
    "\\u202edb", "web\\u001d", "contid-1",
  ]

  @Test func noNameLeadsToAnotherDaemon() throws {
    try Tenants.with(hasPrograms: true) { tenants in
      _ = try tenants.run("/bin/mkdir /tmp/of-db", in: "db")
      _ = try tenants.record("SYSCALL", "key=\"start\"", in: "db")
      let before = try tenants.collector.settledEvents(of: "db").count
      let names = "[" + Self.names.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
      let lines = try tenants.python(
        """
        connection = connect()
        def check(what, text, wanted):
            if text != wanted: show("wrong:", what, text)
        for name in \(names) + ["a" * 60000]:
            wanted = "Operation not permitted: '%s' is no daemon of this container" % name
            for words in [["-l"], ["-s"], ["-D"], ["-e", "0"]]:
                check(name, said(ask(connection, op="ctl", daemon=name, words=words)), wanted)
            tail = {"daemon": name, "events": 1000, "follows": False}
            check(name, said(ask(connection, op="tail", tail=tail)), wanted)
            for operation in ["rules", "reload", "announce"]:
                text = said(ask(connection, op=operation, daemon=name, process=1))
                check(name, text, "unknown request '%s'" % operation)
            # Nobody asks for another one's.
            seen = ask(connection, op="ps", daemon=name)
            if '"name":"web"' not in seen or "db" in seen or "/host" in seen: show("wrong:", name, seen)
        # Numbers that are none.
        for number in [-1, 4294967296, 1e99, 0.5, "1", "../1", "1\\n", [1], {}, True]:
            for asked in [{"process": number}, {"process": 1, "from": number}]:
                check(asked, said(ask(connection, op="contid", contid=asked)), "not a request")
        check("byte 0", said(ask(connection, op="ctl", words=["-l", "-k", "a\\0b"])), "an option has a byte 0 in it")
        show("asked")
        """, in: "web")
      #expect(lines == ["asked"])
      // Refusals are told to the asker's own daemon, and to the host's.
      #expect(try tenants.collector.settledEvents(of: "db").count == before)
      for daemon in ["web", "host"] { try expectNothingForged(in: daemon, of: tenants) }
      #expect(try tenants.ctl("-l", in: "web") == (Tenants.rule, 0))
    }
  }

  /// A key may have any character: in a log it is one value of one record.
  @Test func noTextBecomesARecord() throws {
    try Tenants.with(hasPrograms: true) { tenants in
      let lines = try tenants.python(
        """
        forged = "x\\ntype=CONFIG_CHANGE msg=audit(1.000:1): op=remove_rule res=1 \\x1b[2J\\x1d\\r\\x7f\\" uid=0"
        rule = ["always,exit", "-F", "arch=b64", "-S", "rmdir", "-k", forged]
        connection = connect()
        for words in [["-a"] + rule, ["-a"] + rule, ["-w", "/tmp/" + forged, "-p", "wa", "-k", forged]]:
            show(said(ask(connection, op="ctl", words=words)).startswith("Error sending add rule"))
        os.mkdir("/tmp/one")
        os.rmdir("/tmp/one")
        for words in [["-d"] + rule, ["-d"] + rule]:
            show(said(ask(connection, op="ctl", words=words)).startswith("Error sending delete rule"))
        # Refused, with the same words.
        os.seteuid(1000)
        connection = connect()
        for words in [["-a"] + rule, ["-k" + forged, "-D"], [forged]]:
            show(said(ask(connection, op="ctl", words=words)))
        show(said(ask(connection, op=forged)).startswith("unknown request 'x\\n"))
        """, in: "web")
      let refused = "Operation not permitted: only root of the container may"
      #expect(
        lines == [
          "False", "True", "False", "False", "True", refused, refused, refused, "True",
        ])
      _ = try tenants.record("SYSCALL", "comm=\"python3\"", in: "web")
      for daemon in ["web", "db", "host"] { try expectNothingForged(in: daemon, of: tenants) }
      let told = try tenants.collector.settledEvents(of: "web").compactMap {
        $0.first("CONFIG_CHANGE")
      }
      // The key is in hexadecimal where it is told, and everywhere whole.
      let keyed = told.filter { $0["key"] != nil }
      #expect(
        keyed.map { $0["op"] } == Array(repeating: "add_rule", count: 3) + [
          "remove_rule", "remove_rule",
        ])
      #expect(keyed.map { $0["res"] } == ["1", "0", "1", "1", "0"])
      #expect(keyed.allSatisfy { $0["key"]?.hasPrefix("780A747970653D") == true })
      #expect(told.suffix(3).allSatisfy { $0["res"] == "0" && $0["uid"] == "1000" })
    }
  }

  /// Every line is a record, and the records are those of one daemon that counts its events.
  private func expectNothingForged(in daemon: String, of tenants: Tenants) throws {
    let events = try tenants.collector.settledEvents(of: daemon)
    #expect(events.map(\.serial) == Array(1...UInt64(events.count)), "\(daemon)")
    let log = try Data(contentsOf: tenants.collector.log(of: daemon))
    #expect(log.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 10 }, "\(daemon)")
  }

  @Test func whoDoesNotReadHoldsUpNobodyElse() throws {
    try Tenants.with(scope: "max_connections = 64", hasPrograms: true) { tenants in
      try tenants.startPython(
        """
        for number in range(2000): os.mkdir("/tmp/%d" % number)
        while "-1999" not in said(ask(connect(), op="tail", tail={"events": 1, "follows": False})): break
        held = []
        def hold(text):
            connection = connect()
            connection.setblocking(False)
            held.append(connection)
            try:
                while text: text = text[connection.send(text):]
            except BlockingIOError: pass
            except BrokenPipeError: pass
        follow = b'{"op":"tail","tail":{"events":1000,"follows":true}}\\n'
        for number in range(24): hold(follow)
        for number in range(8): hold(b'{"op":"ctl","words":["')
        for number in range(8): hold(b"x" * 1000000)
        for number in range(8): hold(b'{"op":"ps"}\\n' * 100000)
        show("held")
        # Nobody waits for them without end.
        time.sleep(12)
        def ends(connection):
            connection.setblocking(True)
            connection.settimeout(5)
            try:
                while connection.recv(1 << 20): pass
            except ConnectionResetError: pass
            except TimeoutError: return False
            return True
        show("ended", sum(map(ends, held[:40])))
        """, as: "holder", in: "web")
      _ = try tenants.output(of: "holder", with: "held")
      let began = ContinuousClock.now
      for number in 1...3 {
        let beforeOne = ContinuousClock.now
        #expect(try tenants.ctl("-l", in: "db") == (Tenants.rule, 0))
        _ = try tenants.run("/bin/mkdir /tmp/beside-\(number)", in: "db")
        try wait(for: "db's event \(number)") {
          try tenants.collector.events(of: "db").count { $0.syscall?["key"] == "start" } == number
        }
        #expect(try tenants.collector.status().containers.count == 3)
        #expect(ContinuousClock.now - beforeOne < .seconds(3))
      }
      // All of it while the others were held.
      #expect(ContinuousClock.now - began < .seconds(9))
      #expect(try tenants.output(of: "holder", with: "ended 40").last == "ended 40")
    }
  }

  @Test func tooManyAreToldSoAndOthersComeThrough() throws {
    try Tenants.with(hasPrograms: true) { tenants in
      try tenants.startPython(
        """
        served, told, closed = 0, 0, 0
        held = [connect() for number in range(50)]
        for connection in held:
            text = said(ask(connection, op="ctl", words=["-l"]))
            served += text == "\(Tenants.rule)"
            told += text == "more connections than max_connections = 4 of scope.conf allows"
        show("served", served, "told", told)
        # More than there is room for, again and again.
        def attempt():
            try: return connect()
            except OSError: pass
        for number in range(2):
            if os.fork() == 0:
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)
                while True: [attempt() for number in range(900)]
        time.sleep(1)
        show("flood")
        while True: time.sleep(1)
        """, as: "crowd", in: "web")
      let lines = try tenants.output(of: "crowd", with: "flood")
      #expect(lines == ["served 4 told 46", "flood"])
      for _ in 1...3 {
        let began = ContinuousClock.now
        #expect(try tenants.collector.status().containers.count == 3)
        #expect(ContinuousClock.now - began < .seconds(3))
      }
      try wait(for: "db's turn") { try tenants.ctl("-l", in: "db") == (Tenants.rule, 0) }
      try tenants.endPython("crowd")
      #expect(try tenants.ctl("-l", in: "db") == (Tenants.rule, 0))
    }
  }
}
