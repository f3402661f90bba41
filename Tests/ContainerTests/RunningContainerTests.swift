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

  @Test(arguments: ContainerRuntime.allCases)
  func aReloadKeepsItsDaemonAndItsLog(runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      func rules(_ key: String) throws {
        try configuration.daemon(
          "kept", scope: "container = kept",
          rules: "-a always,exit -F arch=b64 -S execve -k \(key)\n")
      }
      try rules("before")
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("kept", command: "sleep 1000")
        try containers.start(runtime, "kept")
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          for key in ["before", "after"] {
            if key == "after" {
              try rules(key)
              try collector.reload()
            }
            #expect(try collector.status().daemons.map(\.name) == ["kept"])
            try containers.execute(runtime, "kept", "/bin/true")
            try wait(for: "the container's event by the rule \(key)") {
              try collector.events(of: "kept").contains { $0.syscall?["key"] == key }
            }
          }
        }
        let events = try AuditEvent.read(area.appending(path: "log/kept/audit.log"))
        #expect(events.map(\.serial) == Array(1...UInt64(events.count)))
      }
    }
  }
}
