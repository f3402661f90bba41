import Foundation
import TestSupport
import Testing

/// A container that runs already when the collector starts.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers found at start"))
struct RunningContainer {
  @Test(arguments: ContainerRuntime.allCases)
  func itIsFoundAndFollowedInItsOwnView(runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("early", command: "while :; do sleep 1; /bin/true early; done")
        let pid = try containers.start(runtime, "early")
        let cgroup = try ContainerArea.cgroup(of: pid)
        try RunningCollector.with(in: area) { collector in
          let found = try #require(
            try collector.status().containers.first { $0.contid == cgroup.id })
          #expect(found.name == "early")
          #expect(found.cgroup == cgroup.path)
          #expect(found.daemons == ["early"])
          try wait(for: "an event of the container") {
            try collector.events(of: "early").contains { $0.first("EXECVE")?["a1"] == "early" }
          }
          let event = try #require(
            try collector.events(of: "early").first { $0.first("EXECVE")?["a1"] == "early" })
          #expect(event.syscall?["ppid"] == "1")
          #expect(event.syscall?["uid"] == "0")
          #expect(event.first("CONTAINER_ID") == nil)
        }
      }
    }
  }
}
