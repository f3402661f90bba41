import Containers
import Foundation
import TestSupport
import Testing

/// What a container puts in our way to lead us out of it.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a hostile container"))
struct HostileContainer {
  @Test func noLinkLeadsOutOfItsRoot() throws {
    try withTemporaryDirectory { area in
      let outside = area.appending(path: "outside")
      try "the host's\n".write(to: outside, atomically: true, encoding: .utf8)
      try ContainerArea.with(in: area) { containers in
        let up = String(repeating: "../", count: 20)
        try containers.bundle(
          "evil",
          command: """
            echo own > /tmp/own
            ln -s \(outside.path) /tmp/absolute
            ln -s \(up)\(outside.path.dropFirst()) /tmp/relative
            ln -s /proc/self/root /tmp/magic
            ln -s \(up)tmp/own /tmp/inside
            mkfifo /tmp/pipe
            touch /tmp/done; while :; do /bin/sleep 1; done
            """)
        let pid = UInt32(try containers.start(.crun, "evil"))
        let root = containers.root()
        try wait(for: "the container's links") {
          FileManager.default.fileExists(atPath: root.path + "/tmp/done")
        }
        let found = ["absolute", "relative", "magic/etc/passwd", "inside", "own", "pipe"].map {
          identity(of: "/tmp/\($0)", in: pid)
        }
        #expect(found[0] == nil && found[1] == nil && found[2] == nil)
        #expect(found[3] != nil && found[3] == found[4])
        #expect(found[5] != nil, "a pipe is found without being opened")
        #expect(FileManager.default.fileExists(atPath: outside.path))
      }
    }
  }

  @Test func aNameThatImitatesTheHostsGetsALogOfItsOwn() throws {
    try withTemporaryDirectory { area in
      try RunningCollector.with(in: area) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle("host", command: "/bin/echo imitation; /bin/sleep 1")
          try containers.run(.crun, "host")
        }
        let own = try FileManager.default.contentsOfDirectory(atPath: collector.logs.path)
          .filter { $0.hasPrefix("host.") }
        let name = try #require(own.first)
        try wait(for: "the container's events") {
          try collector.events(of: name).contains { $0.first("EXECVE")?["a1"] == "imitation" }
        }
        let hosts = try collector.events(of: "host")
        #expect(
          hosts.filter { $0.first("EXECVE")?["a1"] == "imitation" }
            .allSatisfy { $0.first("CONTAINER_ID") != nil })
      }
    }
  }

  private func identity(of path: String, in pid: UInt32) -> UInt64? {
    guard let root = ContainerRoot(ofProcess: pid) else { return nil }
    return root.identity(of: path)?.ino
  }
}
