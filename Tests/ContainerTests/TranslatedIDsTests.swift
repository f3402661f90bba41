import Foundation
import TestSupport
import Testing

/// Ids in rules are those of the daemon's container, and the kernel's side knows how they translate.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers with ids of their own"))
struct TranslatedIDs {
  private static let calls = "i=0; while [ $i -lt 50 ]; do /bin/rmdir /none; i=$((i + 1)); done; :"

  private static func rule(_ condition: String) -> String {
    "-a always,exit -F arch=b64 -S rmdir \(condition) -k ids\n"
  }

  @Test func aRuleMeansTheIDsOfItsContainer() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      let rules = [
        "inside": Self.rule("-F uid=0 -F gid=0 -C uid=euid -F pid>1"),
        "outside": Self.rule("-F uid=300000"),
        "nobody": Self.rule("-F fsuid!=0"),
      ]
      for (name, rule) in rules {
        try configuration.daemon(name, scope: "container = ids", rules: rule)
      }
      let seen = try ContainerArea.with(in: area) { containers in
        try containers.bundle("ids", hostID: 300000, command: "sleep 1000")
        try containers.start(.crun, "ids")
        return try RunningCollector.with(in: area, configuration: configuration) { collector in
          try containers.execute(.crun, "ids", Self.calls)
          try wait(for: "the calls in the log") {
            try events("inside", area) == 50
          }
          return try collector.status().containers.first { $0.name == "ids" }
        }
      }
      #expect(try events("outside", area) == 0)
      #expect(try events("nobody", area) == 0)
      // What no daemon wants does not even leave the kernel.
      #expect(seen?.seen == 50)
    }
  }

  @Test func whatNoDaemonWantsDoesNotLeaveTheKernel() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "ids", scope: "container = ids",
        rules: Self.rule("-F uid=300000") + Self.rule("-F euid>=65534") + Self.rule("-F ppid=1"))
      let seen = try ContainerArea.with(in: area) { containers in
        try containers.bundle("ids", hostID: 300000, command: "sleep 1000")
        try containers.start(.crun, "ids")
        return try RunningCollector.with(in: area, configuration: configuration) { collector in
          try containers.execute(.crun, "ids", Self.calls)
          return try collector.status().containers.first { $0.name == "ids" }
        }
      }
      #expect(seen?.seen == 0)
    }
  }

  /// Each log has the target's number and owner as its own view has them.
  @Test func aTargetHasTheNumbersOfEachView() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      let rule = "-a always,exit -F arch=b64 -S kill -F a1=18 -k target\n"
      try configuration.daemon("inside", scope: "container = ids", rules: rule)
      try configuration.daemon("outside", scope: "host = yes", rules: rule)
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("ids", hostID: 300000, command: "sleep 1000")
        try containers.start(.crun, "ids")
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          // The shell writes the number that the container has for it.
          try containers.execute(
            .crun, "ids", "sleep 100 & echo $! > /tmp/pid; kill -18 $!; kill -9 $!; :")
          try wait(for: "the call in both logs") {
            try targets("inside", area).count == 1 && targets("outside", area).count == 1
          }
        }
        let number = try String(
          contentsOf: containers.root(hostID: 300000).appending(path: "tmp/pid"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let inside = try #require(try targets("inside", area).first)
        let outside = try #require(try targets("outside", area).first)
        #expect(inside["opid"] == number && inside["ouid"] == "0")
        #expect(outside["opid"] != number && outside["ouid"] == "300000")
        #expect(inside["ocomm"] == outside["ocomm"])
      }
    }
  }

  private func targets(_ daemon: String, _ area: URL) throws -> [AuditEvent.Record] {
    try AuditEvent.read(area.appending(path: "log/\(daemon)/audit.log")).flatMap { event in
      event.syscall?["key"] == "target" ? event.records.filter { $0.type == "OBJ_PID" } : []
    }
  }

  private func events(_ daemon: String, _ area: URL) throws -> Int {
    try AuditEvent.read(area.appending(path: "log/\(daemon)/audit.log")).count {
      $0.syscall?["key"] == "ids"
    }
  }
}
