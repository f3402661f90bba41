import Foundation
import TestSupport
import Testing

/// Links, mounts and roots by which a container tries to have a file watched that is not its own.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: hostile paths of a container"))
struct HostilePath {
  private static let rules = """
    -w /etc/watched -p rwa -k watched
    -a always,exit -F arch=b64 -S openat -F path=/data/way/target -k way
    -w /data/tree/ -p rwa -k tree
    -a always,exit -F arch=b64 -S openat -F exe=/data/bin/head -k program
    -w /jail/etc/watched -p rwa -k jail
    -a always,exit -F arch=b64 -S openat -F path=/data/canary/file -k canary

    """

  /// What makes `$OUTSIDE`, a directory of the host, from where the container's links point.
  private static let ways = [
    "../../../../../../../..$OUTSIDE", "$OUTSIDE", "/proc/self/root$OUTSIDE",
    "/proc/1/root$OUTSIDE", "/proc/self/cwd/../../../..$OUTSIDE",
    "/proc/1/root/../../../..$OUTSIDE", "/data/around/../../../..$OUTSIDE",
    "/data/around/proc/1/root/..$OUTSIDE",
  ]

  /// The container can read the host's files where they were given to it, and would find out by
  /// its own log that a rule on one of its own paths means them.
  @Test(arguments: ContainerRuntime.allCases)
  func noWayLeadsToAFileOfTheHost(runtime: ContainerRuntime) throws {
    try Self.with(runtime) { container, host, outside, collector in
      // Of its own, a mount of its root, in which every name is there once more.
      try container.run("mkdir /data/around && mount --rbind / /data/around")
      for way in Self.ways {
        let target = way.replacing("$OUTSIDE", with: outside.path)
        try container.run(
          """
          rm -rf /etc/watched /data/way /data/tree /data/bin
          ln -s \(target)/target /etc/watched
          for name in way tree bin; do ln -s \(target) /data/$name; done
          """)
        try Self.letItBeFollowed(container)
        for _ in ["as it was followed", "as it is loaded"] {
          for access in [
            "head -c # /shared/target", "dd count=# conv=notrunc if=/dev/null of=/shared/target",
          ] {
            try container.expect(nil, .doesNot, "", "/bin/\(access)")
          }
          try container.expect(nil, .doesNot, "", "/shared/head -c # /etc/passwd")
          try host.expect("host", .matches, "", "/bin/head -c # \(outside.path)/target")
          try collector.reload()
        }
      }
      // Its own files are watched again as soon as it has some.
      let file = "rm /etc/watched; echo own > /etc/watched"
      try container.expect("watched", .matches, file, "/bin/head -c # /etc/watched")
    }
  }

  @Test(arguments: ContainerRuntime.allCases)
  func itsOwnRootMountedOnTheWayLeadsToItsOwnFile(runtime: ContainerRuntime) throws {
    try Self.with(runtime) { container, host, outside, _ in
      try container.expect(
        "way", .matchesSoon, "echo own > /target; mkdir /data/way; mount --rbind / /data/way",
        "/bin/head -c # /data/way/target")
      try container.expect("way", .matchesSoon, "", "/bin/head -c # /target")
      try container.expect(nil, .doesNot, "", "/bin/head -c # /shared/target")
      try host.expect("host", .matches, "", "/bin/head -c # \(outside.path)/target")
    }
  }

  /// In a root of its own within the container a name means another file.
  @Test(arguments: ContainerRuntime.allCases)
  func aFileInAnotherRootIsNotTheOneOfItsName(runtime: ContainerRuntime) throws {
    try Self.with(runtime) { container, _, _, _ in
      try container.run(
        """
        mkdir -p /jail/bin /jail/etc
        cp /bin/busybox /jail/bin/head
        echo own > /etc/watched
        """)
      let jailed = "chroot /jail /bin/head -c #"
      let made = "echo jailed > /jail/etc/watched"
      try container.expect("jail", .matches, made, "\(jailed) /etc/watched")
      try container.expect("jail", .matches, "", "\(jailed) /../etc/watched")
      try container.expect("watched", .matches, "", "/bin/head -c # /etc/watched")
      let file = "rm -f /jail/etc/watched; ln /etc/watched /jail/etc/linked"
      try container.expect("watched", .matchesSoon, file, "\(jailed) /etc/linked")
      try container.expect(nil, .doesNot, "", "\(jailed) /etc/watched")
    }
  }

  /// Changes come to be known in their order: when this one is, those before it are.
  private static func letItBeFollowed(_ container: Place) throws {
    try container.expect(
      "canary", .matchesSoon,
      """
      rm -rf /data/canary-old /data/canary.link
      mv /data/canary /data/canary-old; mkdir /data/canary; echo > /data/canary/file
      ln /data/canary/file /data/canary.link
      """, "/bin/head -c # /data/canary.link")
  }

  /// Runs a body with a container, the host, and a directory of the host that the container has as
  /// `/shared`; afterwards nothing of the host may be named in the container's log.
  private static func with(
    _ runtime: ContainerRuntime,
    _ body: (_ container: Place, _ host: Place, _ outside: URL, RunningCollector) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let outside = area.appending(path: "outside")
      let manager = FileManager.default
      try manager.createDirectory(at: outside, withIntermediateDirectories: false)
      try "the host's\n".write(
        to: outside.appending(path: "target"), atomically: false, encoding: .utf8)
      try manager.copyItem(atPath: "/bin/busybox", toPath: outside.appending(path: "head").path)
      for (name, mode) in [("", 0o777), ("target", 0o666), ("head", 0o755)] {
        try manager.setAttributes(
          [.posixPermissions: mode], ofItemAtPath: outside.appending(path: name).path)
      }
      let configuration = try Configuration(in: area)
      try configuration.daemon("evil", scope: "container = evil", rules: rules + Place.fence)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-w \(outside.path)/target -p rwa -k host\n" + Place.fence)
      try ContainerArea.with(in: area) { containers in
        try containers.bundle(
          "evil", capabilities: ["CAP_SYS_ADMIN"], shares: ["/shared": outside],
          command: "sleep 1000")
        try containers.start(runtime, "evil")
        let log = { (daemon: String) in area.appending(path: "log/\(daemon)/audit.log") }
        let container = Place("evil", log: log("evil")) {
          try containers.execute(runtime, "evil", $0)
        }
        let host = Place("host", log: log("host")) { try Program.output(of: "sh", ["-c", $0]) }
        try container.run("mkdir -p /data/canary /jail/etc && echo > /data/canary/file")
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          try body(container, host, outside, collector)
        }
        #expect(try container.foreign() == [:])
        // Where its links point to the container says itself, in the commands that make them.
        let text = try AuditEvent.read(log("evil"))
          .filter { !["ln", "rm", "sh"].contains($0.syscall?["comm"]) }
          .flatMap(\.lines).joined()
        #expect(text.contains("fence"))
        for name in [area.lastPathComponent, outside.path] {
          let hex = name.utf8.map { String(format: "%02X", $0) }.joined()
          #expect(!text.contains(name) && !text.contains(hex))
        }
      }
    }
  }
}
