import Foundation
import TestSupport
import Testing

/// Every event is counted once, against calls whose number is known.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: what became of every event"))
struct BooksTests {
  /// Of the container's root, which nobody else on the machine has.
  private static let hostID: UInt32 = 437_000

  private static func rules(uid: UInt32, backlog: Int) -> String {
    "-a always,exit -F arch=b64 -S rmdir -F success=0 -F uid=\(uid) -k flood\n-b \(backlog)\n"
  }

  private struct Place {
    let collector: RunningCollector
    let containers: ContainerArea
    let contid: UInt64

    func flood(_ calls: Int) throws {
      let missing = "n=0; while [ $n -lt \(calls) ]; do echo missing; n=$((n+1)); done"
      try containers.execute(.crun, "noisy", missing + " | xargs rmdir 2>/dev/null; true")
    }

    var container: EventBooks {
      get throws {
        try #require(try collector.status().containers.first { $0.contid == contid }).books
      }
    }

    /// The daemon's books once so many events are in them and none waits.
    func books(of daemon: String = "noisy", after calls: Int) throws -> EventBooks {
      var books: EventBooks?
      try wait(for: "\(calls) events in the books of \(daemon)") {
        let now = try collector.report(on: daemon).books
        #expect(now.areBalanced, "\(now)")
        books = now
        return now.captured >= calls && now.waiting == 0
      }
      return books!
    }
  }

  private func withPlace(
    scope: String = "", options: [String] = ["--ring-size", "64K"],
    _ body: (Place) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "noisy", scope: "container = noisy\n\(scope)",
        rules: Self.rules(uid: 0, backlog: 40))
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: Self.rules(uid: Self.hostID, backlog: 100))
      try RunningCollector.with(
        in: area, configuration: configuration, options: options
      ) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle("noisy", hostID: Self.hostID, command: "while :; do sleep 1; done")
          let pid = try containers.start(.crun, "noisy")
          try body(
            Place(
              collector: collector, containers: containers,
              contid: try ContainerArea.cgroup(of: pid).id))
        }
      }
    }
  }

  @Test func aFloodIsInTheBooksToTheEvent() throws {
    // A container's part of it is a quarter, for which 200 events are not too many, and 3000 are.
    try withPlace(scope: "log_quota = 256K", options: ["--ring-size", "256K"]) { place in
      // The ring and the backlog are full.
      try place.collector.whileSuspended { try place.flood(3000) }
      var calls = 3000
      var books = try place.books(after: calls)
      #expect(books.captured == calls)
      #expect(books.losses["ring_full"]! > 0 && books.losses["backlog"]! > 0, "\(books)")
      #expect(books.written > 0)
      // Which ones are not written is a matter of each daemon's backlog; what the ring refused nobody has.
      let host = try place.books(of: "host", after: calls)
      #expect(host.losses["ring_full"]! >= books.losses["ring_full"]!)
      #expect(host.losses["backlog"]! < books.losses["backlog"]!)

      // Of 200 calls in a moment the rate lets some seconds' worth through.
      try place.collector.control("noisy", "-b", "65536", "-r", "20")
      try place.flood(200)
      calls += 200
      let before = books
      books = try place.books(after: calls)
      #expect(books.captured == calls && books.losses["rate"]! > 100, "\(books)")
      #expect(books.losses["backlog"] == before.losses["backlog"])

      // Rules that are switched off want nothing.
      try place.collector.control("noisy", "-e", "0", "-r", "0")
      try place.flood(100)
      calls += 100
      books = try place.books(after: calls)
      #expect(books.filtered == 100 && books.captured == calls, "\(books)")

      // The log has as much as it may.
      try place.collector.control("noisy", "-e", "1")
      for _ in 0..<10 {
        try place.flood(60)
        calls += 60
        books = try place.books(after: calls)
      }
      #expect(books.captured == calls && books.losses["log_quota"]! > 0, "\(books)")

      let events = try place.collector.settledEvents(of: "noisy").count { $0.syscall != nil }
      #expect(events == Int(books.written))
      let container = try place.container
      #expect(container.areBalanced && container.captured == calls)
      // Of each event that the container's daemon has lost the container has lost one; and those that the host's alone has.
      #expect(container.lost >= books.lost)
      #expect(container.losses["ring_full"] == books.losses["ring_full"])
      // The host's daemon has that and what the machine does besides, which needs no rule.
      let status = try place.collector.status()
      let hosts = try #require(status.daemons.first { $0.name == "host" }).books
      let besides = try #require(status.containers.first { $0.contid == 0 }).books
      #expect(hosts.areBalanced && hosts.captured == container.captured + besides.captured)
      try wait(for: "the host's log to have what its books have") {
        let events = try place.collector.settledEvents(of: "host").count { event in
          !event.records.contains {
            $0.type.hasPrefix("DAEMON_") || ["CONFIG_CHANGE", "CONTAINER_OP"].contains($0.type)
          }
        }
        return try events == Int(place.collector.report(on: "host").books.written)
      }
    }
  }

  /// The books are right at any moment, while events are under way.
  @Test func theyBalanceWhileEventsAreOnTheirWay() throws {
    try withPlace(options: []) { place in
      try place.collector.control("noisy", "-b", "300", "-r", "0")
      let flood = "for n in 1 2 3 4 5 6; do cat /tmp/missing | xargs rmdir 2>/dev/null; done; true"
      try place.containers.execute(
        .crun, "noisy", "n=0; while [ $n -lt 3000 ]; do echo x; n=$((n+1)); done > /tmp/missing")
      let program = try Program(
        Machine.script("container-fixture"),
        [place.containers.directory.path, "exec", "crun", "noisy", "/bin/sh", "-c", flood])
      var looks = 0
      while program.isRunning {
        let daemon = try place.collector.report(on: "noisy").books
        let container = try place.container
        #expect(daemon.areBalanced && container.areBalanced, "\(daemon) \(container)")
        looks += 1
      }
      #expect(try program.finish().status == 0)
      let books = try place.books(after: 18000)
      #expect(books.captured == 18000, "\(books), looked at \(looks) times")
      let events = try place.collector.settledEvents(of: "noisy").count { $0.syscall != nil }
      #expect(events == Int(books.written))
    }
  }

  /// What the log's file system does not take waits, and what finds no room behind it is lost for that.
  @Test func aLogThatCannotBeWrittenIsACauseOfItsOwn() throws {
    try withTemporaryDirectory { area in
      let log = area.appending(path: "log/host")
      try FileManager.default.createDirectory(at: log, withIntermediateDirectories: true)
      try Program.output(
        of: "mount", ["-t", "tmpfs", "-o", "size=32k", "books", log.path])
      defer { _ = try? Program.run("umount", [log.path]) }
      let configuration = try Configuration(in: area)
      let workload = try Workload(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) "
          + "-F path=/etc/passwd -k full\n-a always,exclude -F msgtype=BPF\n-b 200\n")
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        for _ in 0..<10 { try workload.run(["open", "50", "/etc/passwd"]) }
        var books: EventBooks?
        try wait(for: "500 events") {
          books = try collector.report(on: "host").books
          return books!.captured - books!.filtered >= 500
        }
        let full = try #require(books)
        // What BPF passed on besides is filtered: paths are looked at once more, and others may load programs.
        #expect(full.areBalanced && full.captured - full.filtered == 500, "\(full)")
        #expect(full.waiting > 0 && full.losses["log"]! > 0 && full.written < 500, "\(full)")
        try Program.output(of: "mount", ["-o", "remount,size=10m", log.path])
        try wait(for: "what waits") {
          books = try collector.report(on: "host").books
          return books!.waiting == 0
        }
        #expect(books!.lost == full.lost && books!.areBalanced)
        #expect(
          try collector.events(of: "host").count { $0.syscall != nil } == Int(books!.written))
        try wait(for: "the cause in the log") {
          try collector.events(of: "host").contains {
            $0.records[0]["op"] == "lost-events" && $0.records[0]["log"] != nil
          }
        }
      }
    }
  }
}
