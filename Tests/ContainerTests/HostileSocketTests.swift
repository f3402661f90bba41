import Foundation
import TestSupport
import Testing

/// Who asks is whoever has opened the connection: not who sends, not who has its number by now.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: hostile connections"))
struct HostileConnections {
  private static let unknown =
    "Operation not permitted: it is not known in which container you are"
  private static let onlyRoot = "Operation not permitted: only root of the container may"
  /// A rule of db's alone: whoever reads it has read what is another's.
  private static let secret = "-a always,exit -F arch=b64 -S rmdir -F key=secret"

  private func withTenants(scope: String = "", _ body: (Tenants) throws -> Void) throws {
    try Tenants.with(scope: scope, hasPrograms: true) { tenants in
      #expect(try tenants.ctl(Self.secret, in: "db").status == 0)
      try body(tenants)
      #expect(try tenants.ctl("-l", in: "db").text == Tenants.rule + "\n" + Self.secret)
    }
  }

  /// The records of a daemon's log that tell of requests.
  private func told(_ daemon: String, of tenants: Tenants) throws -> [AuditEvent.Record] {
    try tenants.collector.settledEvents(of: daemon).compactMap { $0.first("CONFIG_CHANGE") }
  }

  /// The kernel lets root of a container sign with any number that the container has. It is not looked at before the opener
  /// has become somebody else, and a process that has inherited the connection sends.
  @Test func aSignatureChangesNothing() throws {
    try withTenants { tenants in
      try tenants.collector.whileSuspended {
        try tenants.startPython(
          """
          os.seteuid(1000)
          connection = connect()
          os.seteuid(0)
          show(os.getpid())
          if os.fork() == 0:
              lie = [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, struct.pack("3i", 1, 0, 0))]
              connection.sendmsg([b'{"op":"ctl","words":["-D"]}\\n'], lie)
              show("sent")
              show(said(answer(connection)))
              connection.sendmsg([b'{"op":"ps"}\\n'], lie)
              show(said(answer(connection)))
              os._exit(0)
          os.wait()
          show(said(ask(connect(), op="ctl", words=["-l"])))
          show("end")
          """, as: "signer", in: "web")
        _ = try tenants.output(of: "signer", with: "sent")
      }
      let lines = try tenants.output(of: "signer", with: "end")
      let number = try #require(lines.first)
      #expect(
        Array(lines.dropFirst()) == [
          "sent", Self.onlyRoot, Self.onlyRoot + ", and whom scope.conf allows to ps",
          Tenants.rule, "end",
        ])
      for daemon in ["web", "host"] {
        let user = daemon == "web" ? "1000" : "101000"
        let told = try told(daemon, of: tenants).filter { $0["uid"] == user }
        #expect(told.map { $0["op"] } == ["remove_rule", "ps"])
        #expect(told.allSatisfy { $0["res"] == "0" })
        if daemon == "web" { #expect(told.allSatisfy { $0["pid"] == number }) }
      }
    }
  }

  /// Whoever is given a connection of web's has what web has: not what is his own.
  @Test func aConnectionThatIsHandedOnStaysItsOpeners() throws {
    try withTenants { tenants in
      let questions = """
        show(said(ask(connection, op="ctl", words=["-l"])))
        show(said(ask(connection, op="ctl", daemon="db", words=["-l"])))
        show(said(ask(connection, op="tail", tail={"daemon": "db", "events": 9, "follows": False})))
        show(said(ask(connection, op="ctl", words=["-D"])))
        show("secret" in ask(connection, op="ps"), '"db"' in ask(connection, op="ps"))
        """
      let refused = "Operation not permitted: 'db' is no daemon of this container"
      for (user, first, change) in [
        (0, Tenants.rule, "No rules"),
        (1000, Self.onlyRoot + ", and whom scope.conf allows to list", Self.onlyRoot),
      ] {
        try tenants.startPython(
          """
          os.seteuid(\(user))
          connection = connect()
          os.seteuid(0)
          for name in ["db", "host"]: give(connection, "\(Tenants.meeting)/for-" + name)
          """, as: "opener-\(user)", in: "web")
        let inDB = try tenants.python(
          "connection, _ = take('\(Tenants.meeting)/for-db')\n" + questions, in: "db")
        #expect(inDB == [first, refused, refused, change, "False False"])
        let path = tenants.shared.appending(path: "for-host").path
        let onHost = try RawClient.run(
          "connection, _ = take('\(path)')\n" + questions, in: tenants.shared)
        let rest = user == 0 ? "No rules" : first
        #expect(onHost == [rest, refused, refused, change, "False False"])
        for name in ["db", "host"] {
          try FileManager.default.removeItem(at: tenants.shared.appending(path: "for-\(name)"))
        }
      }
      #expect(try told("db", of: tenants).map { $0["op"] } == ["add_rule"])
    }
  }

  /// The number of whoever has opened it is made that of a process of db's, whose root has the opener's user.
  @Test func whoHasTheNumberOfItsOpenerByNowIsAnother() throws {
    try withTenants { tenants in
      let places = try ["web", "db"].map { name in
        let container = try tenants.collector.status().containers.first { $0.name == name }
        return Machine.cgroups.path + (try #require(container).cgroup)
      }
      let lines = try RawClient.run(
        """
        state, collector, web, db = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
        os.chdir(state)
        def process(cgroup, user, work):
            child = os.fork()
            if child: return child
            try:
                with open(cgroup + "/cgroup.procs", "w") as file: file.write(str(os.getpid()))
                os.setresuid(user, user, user)
                ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # with its parent
                work()
            finally: os._exit(0)
        def another(number):
            for _ in range(1000):
                with open("/proc/sys/kernel/ns_last_pid") as file: last = file.read()
                with open("/proc/sys/kernel/ns_last_pid", "w") as file: file.write(str(number - 1))
                child = process(db, 200000, signal.pause)
                with open("/proc/sys/kernel/ns_last_pid", "w") as file: file.write(last)
                if child == number: break
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            while open("/proc/%d/cgroup" % child).read().splitlines()[-1] != own: time.sleep(0.01)
            return child
        own = "0::" + db[len("\(Machine.cgroups.path)"):]
        for known in [False, True]:
            ours, theirs = socket.socketpair()
            def opener():
                connection = connect("nestaudit.sock")
                if known: show(said(ask(connection, op="ctl", words=["-s"])))
                else: connection.sendall(b'{"op":"ctl","words":["-l"]}\\n')
                socket.send_fds(theirs, [b"."], [connection.fileno()])
            if not known: os.kill(collector, signal.SIGSTOP)
            try:
                first = process(web, 200000, opener)
                _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
                os.waitpid(first, 0)
                second = another(first)
                show(second == first)
            finally: os.kill(collector, signal.SIGCONT)
            connection = socket.socket(fileno=descriptors[0])
            connection.settimeout(30)
            if not known: show(said(answer(connection)))
            for _ in range(2): show(said(ask(connection, op="ctl", words=["-l"])))
            show(said(ask(connection, op="tail", tail={"events": 9, "follows": False})))
            show(said(ask(connection, op="contid", contid={"process": 1})))
            os.kill(second, signal.SIGKILL)
            os.waitpid(second, 0)
        """, in: tenants.shared,
        [tenants.collector.state.appending(path: "tenant").path, "\(tenants.collector.pid)"]
          + places)
      let refused = Array(repeating: Self.unknown, count: 3)
      #expect(
        lines == ["True", Self.unknown] + refused + ["there is no such process"]
          + [Self.onlyRoot + ", and whom scope.conf allows to list", "True"] + refused
          + [Self.unknown])
      #expect(try told("db", of: tenants).map { $0["op"] } == ["add_rule"])
    }
  }

  /// It would be that of the container around it: what was declared of a process is forgotten at its end.
  @Test func whatADeclaredContainersProcessHasOpenedIsNobodysAfterItsEnd() throws {
    try withTenants(scope: "contid.declare = yes") { tenants in
      let lines = try tenants.python(
        """
        def declared(number, work):
            wait, go = os.pipe()
            child = os.fork()
            if child == 0:
                os.read(wait, 1)
                work(connect())
                os._exit(0)
            status = os.system("\(ContainedProgram.place)/na contid set %d %d" % (child, number))
            show("declared", status)
            os.write(go, b".")
            return child
        def question(connection): show(said(ask(connection, op="ctl", words=["-l"])))
        def inherited(connection):
            question(connection)
            opener = os.getpid()
            if os.fork(): os._exit(0)
            while os.getppid() == opener: time.sleep(0.01)
            question(connection)
            os.write(done, b".")
        def threads(connection):
            question(connection)
            def rest():
                while " Z " not in open("/proc/self/task/%d/stat" % os.getpid()).read(): time.sleep(0.01)
                question(connection)
                os._exit(0)
            threading.Thread(target=rest).start()
            ctypes.CDLL(None).syscall(60, 0)
        end, done = os.pipe()
        parent = declared(70, inherited)
        os.waitpid(parent, 0)
        os.read(end, 1)
        os.waitpid(declared(71, threads), 0)
        """, in: "web")
      let none = "Operation not permitted: no daemon stands for this container alone"
      #expect(
        lines == [
          "declared 0", none, Self.unknown, "declared 0", none, Self.unknown,
        ])
    }
  }
}
