import Foundation
import TestSupport
import Testing

/// `-f 2`: a container is stopped once an event of it was lost, and the host never.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers that are stopped"))
struct StoppedContainers {
  private static let hostID: UInt32 = 438_000
  private static let rules =
    "-a always,exit -F arch=b64 -S rmdir -F success=0 -F uid=UID -k flood\n-b 40\n-f 2\n"

  /// A container that counts in a file, and floods the audit when it is asked to.
  private struct Place {
    let collector: RunningCollector
    let root: URL
    let cgroup: FrozenCgroup
    let contid: UInt64

    var beat: String {
      (try? String(contentsOf: root.appending(path: "tmp/beat"), encoding: .utf8)) ?? ""
    }

    /// What `ps` says of it.
    var frozen: String? {
      get throws { try collector.status().containers.first { $0.contid == contid }?.frozen }
    }

    func flood() throws {
      try Data().write(to: root.appending(path: "tmp/go"))
    }

    /// The records of stops in a daemon's log.
    func stops(in daemon: String) throws -> [AuditEvent.Record] {
      try collector.events(of: daemon).flatMap(\.records).filter {
        $0.type == "DAEMON_ERR" && $0["op"] == "stop-container"
      }
    }

    /// Has it go on without what flooded.
    func thaw() throws {
      for process in try cgroup.processes where ["xargs", "rmdir"].contains(process.name) {
        kill(process.pid, SIGKILL)
      }
      // As the collector's log says it.
      let said = try #require(
        collector.written.firstMatch(of: /thaw it: (echo 0 > \S+\/cgroup\.freeze)/))
      try Program.output(of: "sh", ["-c", String(said.1)])
    }
  }

  private func withPlace(_ body: (Place) throws -> Void) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "web", scope: "container = web", rules: Self.rules.replacing("UID", with: "0"))
      try configuration.daemon(
        "host", scope: "host = yes", rules: Self.rules.replacing("UID", with: "\(Self.hostID)"))
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          try containers.bundle(
            "web", hostID: Self.hostID,
            command: """
              n=0; while [ $n -lt 4000 ]; do echo missing; n=$((n+1)); done > /tmp/missing
              while :; do
                if [ -e /tmp/go ]; then rm /tmp/go; xargs rmdir < /tmp/missing 2> /dev/null & fi
                n=$((n+1)); echo $n > /tmp/beat; sleep 0.1
              done
              """)
          let pid = try containers.start(.crun, "web")
          let place = Place(
            collector: collector, root: containers.root(hostID: Self.hostID),
            cgroup: try FrozenCgroup(of: pid), contid: try ContainerArea.cgroup(of: pid).id)
          defer { try? place.cgroup.thaw() }
          try wait(for: "the container") { !place.beat.isEmpty }
          try body(place)
        }
      }
    }
  }

  @Test func aLossStopsTheContainerUntilItIsThawed() throws {
    try withPlace { place in
      #expect(
        place.collector.written.contains("host/audit.rules:3: -f 2: the host is never stopped"))
      #expect(!place.collector.written.contains("web/audit.rules:3"))

      try place.flood()
      try wait(for: "the container to stand still") { try place.cgroup.standsStill }
      let beat = place.beat
      usleep(500_000)
      #expect(place.beat == beat)
      // Its own daemon and the host's say so, which has lost some too.
      for daemon in ["web", "host"] {
        try wait(for: "the record of \(daemon)") { try place.stops(in: daemon).count == 1 }
        let record = try place.stops(in: daemon)[0]
        #expect(record["contid"] == "\(place.contid)" && record["res"] == "success")
        #expect(record["lost"].flatMap { Int($0) }! > 0)
      }
      #expect(try place.collector.report(on: "host").books.lost > 0)
      #expect(try place.frozen == "stopped")
      // Once, whatever is counted later.
      usleep(2_200_000)
      #expect(try place.stops(in: "web").count == 1)

      try place.thaw()
      try wait(for: "the container to go on") { place.beat != beat }
      // What was lost before does not stop it again.
      usleep(2_200_000)
      #expect(try !place.cgroup.isFrozen)
      #expect(try place.frozen == nil)
      #expect(try place.stops(in: "web").count == 1)

      try place.flood()
      try wait(for: "the container to stand still again") { try place.cgroup.standsStill }
      try wait(for: "the second record") { try place.stops(in: "host").count == 2 }
    }
  }

  @Test func otherModesSayWhatIsLostOrNothing() throws {
    try withPlace { place in
      func said() throws -> Int {
        try place.collector.settledEvents(of: "web").count {
          $0.records[0]["op"] == "lost-events"
        }
      }
      var lost: UInt64 = 0
      for (mode, expected) in [("0", 0), ("1", 1)] {
        try place.collector.control("web", "-f", mode)
        try place.flood()
        try wait(for: "a loss") { try place.collector.report(on: "web").books.lost > lost }
        try wait(for: "the end of the flood") {
          try !place.cgroup.processes.contains { $0.name == "rmdir" || $0.name == "xargs" }
        }
        usleep(1_500_000)
        #expect(try said() >= expected && (expected > 0 || said() == 0), "-f \(mode)")
        #expect(try !place.cgroup.isFrozen)
        lost = try place.collector.report(on: "web").books.lost
      }
      #expect(try place.stops(in: "web").isEmpty)
    }
  }

  /// Who may not is said to have tried.
  @Test func aCgroupOfOthersIsSaidToGoOn() throws {
    try withPlace { place in
      #expect(chown(place.cgroup.file.path, 12345, 12345) == 0)
      try place.flood()
      try wait(for: "the record") { try place.stops(in: "web").count >= 1 }
      #expect(try place.stops(in: "web")[0]["res"] == "failed")
      #expect(try !place.cgroup.isFrozen)
      #expect(place.collector.written.contains("cannot be stopped: Permission denied"))
    }
  }
}
