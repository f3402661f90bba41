import Control
import Foundation
import TestSupport
import Testing

@testable import nestaudit

struct TailTests {
  @Test func recordsOfOneStampAreOneEvent() {
    var assembler = EventAssembler()
    let lines = (sampleEvent(1) + sampleEvent(2)).split(separator: "\n").map { Array($0.utf8) }
    #expect(lines.map { assembler.add($0)?.stamp.serial } == [nil, nil, 1, nil])
    #expect(assembler.hasOpenEvent)
    #expect(assembler.finish()?.records.count == 2)
    #expect(!assembler.hasOpenEvent)
  }

  @Test func keyMustBeTheWholeKey() throws {
    let filter = KeyFilter(key: "ab")
    #expect(try filter.accepts(event(sampleEvent(1, key: "\"ab\""))))
    #expect(try filter.accepts(event(sampleEvent(1, key: "63016162"))))
    #expect(try !filter.accepts(event(sampleEvent(1, key: "\"abc\""))))
    #expect(try !filter.accepts(event(sampleEvent(1))))
  }

  @Test func severalLogsAreInterleavedByTime() {
    let events = ["a", "b"].flatMap { name in
      EventAssembler.events(
        in: Array(
          (sampleEvent(9, second: name == "a" ? 1 : 2) + sampleEvent(3, second: 3)
            + sampleEvent(2, second: 3)).utf8)
      ).map { ($0, name) }
    }
    let order = Tail.inOrder(events).map { "\($0.name)\($0.event.stamp.serial)" }
    #expect(order == ["a9", "b9", "a3", "a2", "b3", "b2"])
  }

  @Test func containersNameMeansItsDaemons() throws {
    let status = Self.status
    #expect(try paths(["web"], status) == ["/l/web-1", "/l/extra"])
    #expect(try paths(["44", "host", "web"], status) == ["/l/web-1", "/l/extra", "/l/host"])
  }

  @Test func unknownNameIsToldTheKnownOnes() {
    let error = #expect(throws: Failure.self) { _ = try paths(["nope"], Self.status) }
    #expect(
      error?.description
        == "no daemon or container is named 'nope'; known: extra, host, web, web-1")
    let other = #expect(throws: Failure.self) { try paths(["idle"], Self.status) }
    #expect(other?.description.hasPrefix("no daemon stands for container 'idle'") == true)
  }

  @Test func logDirectoryNeedsNoCollector() throws {
    let area = try Area()
    try FileManager.default.createDirectory(
      atPath: area.path + "/host", withIntermediateDirectories: false)
    try area.append("", to: "host/audit.log")
    let sources = try TailNames.sources(["host"], directory: area.path, mayWait: false)
    #expect(sources == [TailSource(name: "host", path: area.path + "/host/audit.log")])
    let error = #expect(throws: Failure.self) {
      try TailNames.sources(["db"], directory: area.path, mayWait: false)
    }
    #expect(error?.description == "no log \(area.path)/db/audit.log; known: host")
    #expect(try TailNames.sources(["db"], directory: area.path, mayWait: true).count == 1)
    #expect(throws: Failure.self) {
      try TailNames.sources(["../x"], directory: area.path, mayWait: true)
    }
  }

  @Test func watchSeesADirectoryThatIsMadeLater() throws {
    let area = try Area()
    var watch = try TailWatch(paths: [area.path + "/new/audit.log"])
    let isEarly = watch.wait(milliseconds: 0)
    #expect(!isEarly)
    try FileManager.default.createDirectory(
      atPath: area.path + "/new", withIntermediateDirectories: false)
    while !watch.wait(milliseconds: nil) {}
    try area.append("x", to: "new/audit.log")
    let isChanged = watch.wait(milliseconds: 5000)
    #expect(isChanged)
  }

  private func paths(_ names: [String], _ status: StatusReply) throws -> [String] {
    try TailNames.sources(names, in: status).map(\.path)
  }

  static let status = StatusReply(
    version: "1", backend: "b", started: 0, pid: 1, skippedRuns: 0,
    daemons: ["host", "web-1", "extra"].map {
      DaemonStatus(
        name: $0, log: "/l/\($0)", scope: "", enabled: 1, rules: 0, written: 0, lost: 0, backlog: 0)
    },
    containers: [
      container(0, nil, "host", ["host"]), container(44, 0, "web", ["web-1", "extra"]),
      container(45, 44, "inner", []), container(46, 99, "idle", []),
    ])

  private static func container(
    _ contid: UInt64, _ parent: UInt64?, _ name: String, _ daemons: [String]
  ) -> ContainerStatus {
    ContainerStatus(
      contid: contid, parent: parent, name: name, runtime: contid == 44 ? "docker" : nil,
      image: contid == 44 ? "nginx" : nil, cgroup: "/", daemons: daemons, pids: 1,
      books: EventBooks(
        captured: 10, written: 5, filtered: contid == 44 ? 2 : 5,
        losses: ["backlog": 0, "ring_full": contid == 44 ? 3 : 0]))
  }
}
