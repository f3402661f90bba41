import Containers
import Foundation
import TestSupport
import Testing

@testable import Collector

/// Each container has its own log, whatever it is called.
struct LogDirectoryTests {
  private static let hash = String(repeating: "0123456789abcdef", count: 4)

  private func owner(
    _ name: String, id: String? = nil, contid: UInt64, runtime: Runtime = .oci,
    isNamedByCgroup: Bool = false
  ) -> LogOwner {
    let metadata = ContainerMetadata(runtime: runtime, id: id ?? name, name: name)
    let container = Container(
      contid: contid, outer: nil, cgroupPath: "/\(name)", pids: [7, 1], pidNamespace: 1,
      uidMap: [], gidMap: [])
    return LogOwner(
      container.identified(by: metadata, around: nil), daemon: "all",
      isNamedByCgroup: isNamedByCgroup)
  }

  private func log(_ text: String, of name: String, in area: URL) throws {
    try Data(text.utf8).write(to: area.appending(path: "\(name)/audit.log"))
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path + "/audit.log", encoding: .utf8)
  }

  @Test func anotherContainerOfTheNameFindsAnEmptyDirectory() throws {
    try withTemporaryDirectory { area in
      let directory = LogDirectory(ofLog: area.path + "/web/audit.log")
      #expect(directory.take(for: owner("web", contid: 4)) == nil)
      try log("first", of: "web", in: area)
      directory.end()
      let moved = try #require(directory.take(for: owner("web", contid: 5)))
      #expect(try text(moved) == "first")
      #expect(!FileManager.default.fileExists(atPath: area.path + "/web/audit.log"))
      try log("second", of: "web", in: area)
      // Within the same second.
      let again = try #require(directory.take(for: owner("web", contid: 6)))
      #expect(try text(again) == "second")
      #expect(try text(moved) == "first")
    }
  }

  @Test(arguments: [Runtime.docker, .podman, .containerd])
  func aContainerThatIsStartedAgainGoesOnInItsLog(runtime: Runtime) throws {
    try withTemporaryDirectory { area in
      let directory = LogDirectory(ofLog: area.path + "/web/audit.log")
      #expect(directory.take(for: owner("web", id: Self.hash, contid: 4, runtime: runtime)) == nil)
      try log("first", of: "web", in: area)
      directory.end()
      #expect(directory.take(for: owner("web", id: Self.hash, contid: 5, runtime: runtime)) == nil)
      #expect(try text(area.path + "/web") == "first")
      let other = String(Self.hash.reversed())
      #expect(directory.take(for: owner("web", id: other, contid: 6, runtime: runtime)) != nil)
    }
  }

  /// What has a runtime that was not found in time is one, too.
  @Test(arguments: [false, true])
  func aCgroupThatIsMadeAgainIsTheSameIfItsPathWasNamed(isNamed: Bool) throws {
    try withTemporaryDirectory { area in
      func take(_ contid: UInt64) -> String? {
        LogDirectory(ofLog: area.path + "/web/audit.log").take(
          for: owner("web", contid: contid, runtime: .cgroup, isNamedByCgroup: isNamed))
      }
      #expect(take(4) == nil)
      try log("first", of: "web", in: area)
      // Another collector finds it running.
      #expect(take(4) == nil)
      #expect((take(5) == nil) == isNamed)
    }
  }

  @Test func aLogOfNobodyKnownIsMovedToo() throws {
    try withTemporaryDirectory { area in
      try FileManager.default.createDirectory(
        at: area.appending(path: "web"), withIntermediateDirectories: true)
      try log("old", of: "web", in: area)
      let directory = LogDirectory(ofLog: area.path + "/web/audit.log")
      let moved = try #require(directory.take(for: owner("web", contid: 4)))
      #expect(try text(moved) == "old")
    }
  }

  @Test func whatHasEndedLongAgoIsRemovedAndNothingElse() throws {
    try withTemporaryDirectory { area in
      for (number, name) in ["gone", "kept", "runs", "gone/inner"].enumerated() {
        let directory = LogDirectory(ofLog: "\(area.path)/\(name)/audit.log")
        _ = directory.take(for: owner(name, contid: UInt64(number + 1)))
        try log(name, of: name, in: area)
        try log(name, of: name, in: area)
        if name != "runs" { directory.end() }
      }
      try Data("x".utf8).write(to: area.appending(path: "gone/audit.log.1"))
      try Data("x".utf8).write(to: area.appending(path: "kept/notes"))
      let keep = { LogDirectory.removeOld(in: area.path, keep: ["all": $0]) }
      #expect(keep(3600) == [])
      #expect(LogDirectory.removeOld(in: area.path, keep: ["other": -1]) == [])
      #expect(keep(-1) == ["\(area.path)/gone/inner", "\(area.path)/gone"])
      #expect(try text(area.path + "/runs") == "runs")
      #expect(try String(contentsOfFile: area.path + "/kept/notes", encoding: .utf8) == "x")
    }
  }
}
