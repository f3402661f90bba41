import Foundation
import TestSupport
import Testing

/// Each container has its own part of the ring: who floods it loses events of its own, and nobody else does.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers that share a ring"))
struct Fairness {
  private static let rule = "-a always,exit -F arch=b64 -S rmdir -F success=0 -k flood\n"
  /// More than the ring of these tests has room for.
  private static let flood = 6000
  private static let calls = 40
  private static let ring = ["--ring-size", "1M"]

  private struct Place {
    let collector: RunningCollector
    let containers: ContainerArea
    let ids: [String: UInt64]

    func fail(_ calls: Int, in container: String) throws {
      let names = "n=0; while [ $n -lt \(calls) ]; do echo missing; n=$((n+1)); done"
      try containers.execute(.crun, container, names + " | xargs rmdir 2>/dev/null; true")
    }

    /// The books of a container once so many events are in them and none waits.
    func books(of name: String, after calls: Int) throws -> EventBooks {
      var books: EventBooks?
      try wait(for: "\(calls) events of \(name)", limit: .seconds(60)) {
        books = try collector.status().containers.first { $0.contid == ids[name] }?.books
        guard let books else { return false }
        return books.captured >= calls && books.waiting == 0
      }
      #expect(books!.areBalanced)
      return books!
    }
  }

  /// - Parameter unborn: names of containers that the test starts itself.
  private func withPlace(
    _ names: [String], unborn: [String] = [], ring: [String] = Self.ring,
    _ body: (Place) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for name in names + unborn {
        try configuration.daemon(name, scope: "container = \(name)", rules: Self.rule)
      }
      try RunningCollector.with(in: area, configuration: configuration, options: ring) {
        collector in
        try ContainerArea.with(in: area) { containers in
          var ids: [String: UInt64] = [:]
          for name in names {
            try containers.bundle(name, command: "while :; do sleep 1; done")
            ids[name] = try ContainerArea.cgroup(of: try containers.start(.crun, name)).id
          }
          try body(Place(collector: collector, containers: containers, ids: ids))
        }
      }
    }
  }

  @Test func aFloodCostsItsNeighboursNothing() throws {
    let quiet = ["one", "two", "three"]
    try withPlace(["loud"] + quiet) { place in
      try place.collector.whileSuspended {
        try place.fail(Self.flood, in: "loud")
        for name in quiet { try place.fail(Self.calls, in: name) }
      }
      let loud = try place.books(of: "loud", after: Self.flood)
      #expect(loud.losses["ring_full"]! > 0 && loud.written > 0, "\(loud)")
      for name in quiet {
        let books = try place.books(of: name, after: Self.calls)
        #expect(books.captured == Self.calls && books.lost == 0, "\(name): \(books)")
        #expect(
          try place.collector.settledEvents(of: name).count { $0.syscall != nil } == Self.calls)
      }
      // What it has lost does not count against it once the ring is empty.
      try place.fail(Self.calls, in: "loud")
      let after = try place.books(of: "loud", after: Self.flood + Self.calls)
      #expect(after.lost == loud.lost)
    }
  }

  /// Together they leave room too.
  @Test func severalFloodsLeaveRoomForOthers() throws {
    let loud = ["loud-1", "loud-2", "loud-3", "loud-4", "loud-5"]
    try withPlace(loud + ["quiet"]) { place in
      try place.collector.whileSuspended {
        for name in loud { try place.fail(Self.flood, in: name) }
        try place.fail(Self.calls, in: "quiet")
      }
      for name in loud {
        let books = try place.books(of: name, after: Self.flood)
        #expect(books.losses["ring_full"]! > 0 && books.written > 0, "\(name): \(books)")
      }
      let books = try place.books(of: "quiet", after: Self.calls)
      #expect(books.captured == Self.calls && books.lost == 0, "\(books)")
    }
  }

  /// The ring of a machine that is full of its own doings has room for a container that begins just then.
  @Test func aContainerIsBornIntoAFullRing() throws {
    try withPlace(["loud"], unborn: ["late"]) { place in
      try place.containers.bundle("late", command: "rmdir /missing; exec sleep 60")
      try place.collector.whileSuspended {
        try place.fail(Self.flood, in: "loud")
        try place.containers.start(.crun, "late")
      }
      try wait(for: "what the new container has done") {
        try place.collector.events(of: "late").contains { $0.syscall != nil }
      }
      let daemon = try place.collector.report(on: "late")
      #expect(daemon.books.captured == 1 && daemon.books.lost == 0, "\(daemon.books)")
    }
  }

  /// runc moves a first process into the cgroup that is not the container's own: what is said of that one comes late.
  @Test func whatIsSaidLateOfACgroupIsNotSaidOfItsContainer() throws {
    let names = (1...5).map { "late-\($0)" }
    try withPlace([], unborn: names, ring: []) { place in
      for name in names {
        let flood = "yes missing | head -n \(Self.flood * 10) | xargs rmdir 2>/dev/null"
        try place.containers.bundle(name, command: "\(flood); exec sleep 60")
        try place.collector.whileSuspended { _ = try place.containers.start(.runc, name) }
        let id = try ContainerArea.cgroup(of: place.containers.pid(of: name)).id
        let all = Place(
          collector: place.collector, containers: place.containers, ids: [name: id])
        let books = try all.books(of: name, after: Self.flood * 10)
        #expect(books.captured == Self.flood * 10 && books.lost == 0, "\(name): \(books)")
      }
    }
  }
}
