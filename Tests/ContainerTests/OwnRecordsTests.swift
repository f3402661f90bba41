import Foundation
import TestSupport
import Testing

/// A death in a container is told to its own daemon, by its own numbers, and to the host's.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers"))
struct OwnRecordsOfAContainer {
  @Test func aDeathIsToldToEachDaemonByItsNumbers() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for (daemon, scope, rules) in [
        ("inside", "container = dies", ""), ("outside", "host = yes", ""),
        ("other", "container = lives", ""), ("quiet", "container = dies", Self.quiet),
        ("off", "container = dies", "-e 0\n"),
      ] {
        try configuration.daemon(daemon, scope: scope, rules: rules)
      }
      try ContainerArea.with(in: area) { containers in
        for name in ["dies", "lives"] {
          try containers.bundle(name, hostID: 300000, command: "sleep 1000")
          try containers.start(.crun, name)
        }
        try RunningCollector.with(in: area, configuration: configuration) { _ in
          try containers.execute(
            .crun, "dies", "/bin/sh -c 'echo $$ > /tmp/pid; kill -SEGV $$' || true")
          try wait(for: "the death in both logs") {
            try deaths("inside", area).count == 1 && deaths("outside", area).count == 1
          }
        }
        let number = try String(
          contentsOf: containers.root(hostID: 300000).appending(path: "tmp/pid"), encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let inside = try #require(try deaths("inside", area).first)
        let outside = try #require(try deaths("outside", area).first)
        #expect(inside.records.map(\.type) == ["ANOM_ABEND"])
        #expect(
          inside.records[0].text
            == "auid=4294967295 uid=0 gid=0 ses=4294967295 pid=\(number) comm=\"sh\" "
            + "exe=\"/bin/busybox\" sig=11 res=1")
        #expect(outside.records.map(\.type) == ["CONTAINER_ID", "ANOM_ABEND"])
        #expect(outside.first("ANOM_ABEND")?["uid"] == "300000")
        #expect(outside.first("ANOM_ABEND")?["pid"] != number)
        for daemon in ["other", "quiet", "off"] { #expect(try deaths(daemon, area).isEmpty) }
      }
    }
  }

  private static let quiet = "-a always,exclude -F msgtype=ANOM_ABEND\n"

  /// Deaths in the containers; on the host anybody may die.
  private func deaths(_ daemon: String, _ area: URL) throws -> [AuditEvent] {
    try AuditEvent.read(area.appending(path: "log/\(daemon)/audit.log")).filter { event in
      event.first("ANOM_ABEND") != nil
        && (daemon != "outside" || event.first("CONTAINER_ID") != nil)
    }
  }
}
