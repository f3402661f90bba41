import Foundation
import TestSupport
import Testing

/// `--backlog_wait_time`: a container waits for its daemon's log, and nobody else does.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers that wait"))
struct Waiting {
  private static let hostID: UInt32 = 439_000
  private static let rule = "-a always,exit -F arch=b64 -S rmdir -F success=0 -k flood\n"

  private struct Place {
    let area: URL
    let configuration: Configuration
    let containers: ContainerArea
    let cgroup: FrozenCgroup

    /// Where web's log is, a small file system of its own.
    var disk: URL { area.appending(path: "log/web") }

    func resize(_ size: String) throws {
      try Program.output(of: "mount", ["-o", "remount,size=\(size)", disk.path])
    }

    /// Makes so many calls that fail, in the background.
    func flood(_ calls: Int) throws -> Program {
      let names = "n=0; while [ $n -lt \(calls) ]; do echo missing; n=$((n+1)); done"
      return try Program(
        Machine.script("container-fixture"),
        [containers.directory.path, "exec", "crun", "web", "/bin/sh", "-c"]
          + [names + " | xargs rmdir 2> /dev/null; true"])
    }

    /// The books of web once so many events are in them and none waits.
    func books(_ collector: RunningCollector, after calls: Int) throws -> EventBooks {
      var books: EventBooks?
      try wait(for: "\(calls) events", limit: .seconds(60)) {
        books = try collector.report(on: "web").books
        return books!.captured >= calls && books!.waiting == 0
      }
      #expect(books!.areBalanced)
      return books!
    }
  }

  /// - Parameter size: of the file system that web's log is on; with 16k it is full before the backlog is, so that who waits does so until
  ///   the test says otherwise.
  private func withPlace(
    size: String, wait milliseconds: Int = 60000, backlog: Int = 200,
    _ body: (Place) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "web", scope: "container = web",
        rules: Self.rule + "-b \(backlog)\n--backlog_wait_time \(milliseconds)\n")
      try configuration.daemon("other", scope: "container = other", rules: Self.rule)
      let disk = area.appending(path: "log/web")
      try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
      try Program.output(of: "mount", ["-t", "tmpfs", "-o", "size=\(size)", "log", disk.path])
      defer { _ = try? Program.run("umount", [disk.path]) }
      try ContainerArea.with(in: area) { containers in
        try containers.bundle(
          "web", hostID: Self.hostID, command: "while :; do sleep 0.2; done")
        try containers.bundle(
          "other", hostID: Self.hostID + 1000, command: "while :; do sleep 0.2; done")
        let pid = try containers.start(.crun, "web")
        try containers.start(.crun, "other")
        let place = Place(
          area: area, configuration: configuration, containers: containers,
          cgroup: try FrozenCgroup(of: pid))
        defer { try? place.cgroup.thaw() }
        try body(place)
      }
    }
  }

  @Test func aFloodLosesNothing() throws {
    try withPlace(size: "100m") { place in
      try RunningCollector.with(in: place.area, configuration: place.configuration) { collector in
        let calls = 20000
        let flood = try place.flood(calls)
        #expect(try flood.finish(limit: .seconds(120)).status == 0)
        let books = try place.books(collector, after: calls)
        #expect(books.captured == calls && books.written == calls && books.lost == 0, "\(books)")
        let settings = try collector.report(on: "web").settings
        #expect(settings["backlog_wait_time"] == 60000)
        #expect(settings["backlog_wait_time_actual"]! > 0)
        #expect(try !place.cgroup.isFrozen)
        #expect(!FileManager.default.fileExists(atPath: collector.state.path + "/frozen"))

        // Without it the same flood does lose.
        try collector.control("web", "--backlog_wait_time", "0")
        #expect(try place.flood(calls).finish(limit: .seconds(120)).status == 0)
        #expect(try place.books(collector, after: 2 * calls).losses["backlog"]! > 0)
      }
    }
  }

  /// No backlog is too long here: what fills is the container's part of the ring.
  @Test func whoFillsItsPartOfTheRingWaits() throws {
    try withPlace(size: "100m", backlog: 0) { place in
      try RunningCollector.with(
        in: place.area, configuration: place.configuration, options: ["--ring-size", "16M"]
      ) { collector in
        // More than half of the 4 MiB that are its part, and not all.
        let calls = 15000
        try collector.whileSuspended {
          let flooded = try place.flood(calls).finish(limit: .seconds(60))
          #expect(flooded.status == 0)
        }
        let books = try place.books(collector, after: calls)
        #expect(books.captured == calls && books.written == calls && books.lost == 0, "\(books)")
        #expect(try collector.report(on: "web").settings["backlog_wait_time_actual"]! > 0)
        try wait(for: "the container to go on") { try !place.cgroup.isFrozen }
      }
    }
  }

  /// Its log cannot be written for as long as the test wants it: the container stands still, others do not.
  @Test func onlyTheContainerOfTheFullLogWaits() throws {
    try withPlace(size: "16k") { place in
      try RunningCollector.with(in: place.area, configuration: place.configuration) { collector in
        let calls = 2000
        let flood = try place.flood(calls)
        try wait(for: "the container to stand still") { try place.cgroup.standsStill }
        let listed = try String(contentsOfFile: collector.state.path + "/frozen", encoding: .utf8)
        #expect(listed.contains("/web\n"))
        for round in 1...5 {
          try place.containers.execute(.crun, "other", "rmdir /missing; true")
          try wait(for: "the other container's event \(round)") {
            try collector.events(of: "other").count { $0.syscall != nil } == round
          }
        }
        #expect(try place.cgroup.isFrozen && flood.isRunning)
        let frozen = try collector.status().containers.filter { $0.frozen != nil }
        #expect(frozen.map(\.name) == ["web"] && frozen.first?.frozen == "waiting")
        try place.resize("100m")
        #expect(try flood.finish(limit: .seconds(120)).status == 0)
        let books = try place.books(collector, after: calls)
        #expect(books.written == calls && books.lost == 0, "\(books)")
        #expect(try !place.cgroup.isFrozen)
      }
    }
  }

  @Test func nobodyWaitsLongerThanIsSaid() throws {
    try withPlace(size: "16k", wait: 1500) { place in
      try RunningCollector.with(in: place.area, configuration: place.configuration) { collector in
        let calls = 3000
        let flood = try place.flood(calls)
        try wait(for: "the container to stand still") { try place.cgroup.standsStill }
        // What found no room in that time is lost, and the container goes on.
        #expect(try flood.finish(limit: .seconds(30)).status == 0)
        #expect(try collector.report(on: "web").settings["backlog_wait_time_actual"]! >= 1500)
        #expect(collector.written.contains("has waited 1500 ms for the log of daemon web"))
        try place.resize("100m")
        let books = try place.books(collector, after: calls)
        let former = try collector.control("web", "--reset_backlog_wait_time_actual")
        #expect(former.hasPrefix("backlog_wait_time_actual: "))
        #expect(try collector.report(on: "web").settings["backlog_wait_time_actual"] == 0)
        #expect(books.captured == calls && books.losses["log"]! > 0, "\(books)")
      }
    }
  }

  @Test func itGoesOnWhenTheCollectorEnds() throws {
    try withPlace(size: "16k") { place in
      let collector = try RunningCollector(in: place.area, configuration: place.configuration)
      let flood = try place.flood(2000)
      try wait(for: "the container to stand still") { try place.cgroup.standsStill }
      collector.signal(SIGTERM)
      try wait(for: "the container to go on") { try !place.cgroup.isFrozen }
      #expect(try flood.finish(limit: .seconds(30)).status == 0)
      // Its log has no room: what waited is lost, and that is said.
      #expect(try collector.stop().status == 1)
      #expect(collector.written.contains("records could not be written"))
      #expect(!FileManager.default.fileExists(atPath: collector.state.path + "/frozen"))
    }
  }

  @Test func theNextCollectorThawsWhatAKilledOneLeft() throws {
    try withPlace(size: "16k") { place in
      let first = try RunningCollector(in: place.area, configuration: place.configuration)
      let flood = try place.flood(2000)
      try wait(for: "the container to stand still") { try place.cgroup.standsStill }
      first.signal(SIGKILL)
      try wait(for: "its end") { !first.isRunning }
      usleep(500_000)
      #expect(try place.cgroup.isFrozen && flood.isRunning)
      // Another's pause is none of its business.
      let other = try FrozenCgroup(of: try place.containers.pid(of: "other"))
      try "1".write(to: other.file, atomically: false, encoding: .utf8)
      defer { try? other.thaw() }
      try place.resize("100m")
      try RunningCollector.with(in: place.area, configuration: place.configuration) { second in
        #expect(second.written.contains("an earlier collector has left it frozen"))
        let flooded = try flood.finish(limit: .seconds(60))
        #expect(flooded.status == 0)
        #expect(try other.isFrozen)
        // It goes on with what is left in the ring, for which the container may have to wait again.
        try wait(for: "nothing to be left to thaw") {
          !FileManager.default.fileExists(atPath: second.state.path + "/frozen")
        }
      }
    }
  }
}
