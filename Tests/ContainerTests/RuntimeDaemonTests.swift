import Foundation
import TestSupport
import Testing

/// The containers of real runtimes under a running collector: each has a daemon of its own by who it is.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: daemons of runtimes' containers"))
struct RuntimeDaemons {
  private static let rules = "-a always,exit -F arch=b64 -S execve -k exec\n"

  @Test(arguments: Engine.allCases.filter { $0 != .nested })
  func anEnginesContainerHasItsDaemonFromTheFirstExecOn(engine: Engine) throws {
    guard engine.isInstalled else { return }
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      try configuration.daemon(
        "of-runtime", scope: "runtime = \(engine.rawValue)\ncontainer = web", rules: Self.rules)
      let isLabelled = [Engine.docker, .containerd, .podman].contains(engine)
      if isLabelled {
        try configuration.daemon(
          "labelled", scope: "label = app=we*\nimage = *busybox:1\ninstance = shared",
          rules: Self.rules)
        try configuration.daemon("other", scope: "label = app=db", rules: Self.rules)
      }
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try engine.withContainer(in: area) { pid in
          let cgroup = try ContainerArea.cgroup(of: pid)
          let found = try Self.known(cgroup.id, to: collector)
          #expect(found.name == "web")
          #expect(found.runtime == engine.rawValue)
          #expect(
            found.daemons.sorted() == ["all/web"] + (isLabelled ? ["labelled"] : []) + [
              "of-runtime"
            ])
        }
        let events = try collector.events(of: "all/web")
        let first = try #require(events.first { $0.syscall != nil })
        #expect(first.syscall?["pid"] == "1")
        #expect(first.syscall?["syscall"] == "59")
        #expect(first.first("CONTAINER_ID") == nil)
        #expect(events.map(\.serial) == Array(1...UInt64(events.count)))
        if isLabelled {
          // One log for several: there the contid tells whose it is.
          let shared = try collector.events(of: "labelled").filter { $0.syscall != nil }
          #expect(!shared.isEmpty)
          #expect(shared.allSatisfy { $0.first("CONTAINER_ID") != nil })
        }
      }
    }
  }

  @Test(arguments: [Engine.docker, .podman])
  func aContainerThatIsRenamedHasALogOfItsNewName(engine: Engine) throws {
    guard engine.isInstalled else { return }
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      try configuration.daemon("web", scope: "container = web", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try engine.withContainer(in: area) { pid in
          let contid = try ContainerArea.cgroup(of: pid).id
          #expect(try Self.known(contid, to: collector).daemons.sorted() == ["all/web", "web"])
          try engine.rename(in: area)
          try wait(for: "the new name", limit: .seconds(20)) {
            try Self.known(contid, to: collector).name == "other"
          }
          #expect(try Self.known(contid, to: collector).daemons == ["all/other"])
          #expect(collector.written.contains("web (\(contid)) is called other now"))
          try engine.executeInRenamed(in: area)
        }
        func execs(_ daemon: String) throws -> [String] {
          try collector.events(ofEnded: daemon).compactMap { $0.first("EXECVE")?["a1"] }
        }
        #expect(try execs("all/web") == ["1000"] && execs("web") == ["1000"])
        #expect(try execs("all/other") == ["renamed"])
        for daemon in ["all/web", "web", "all/other"] {
          let events = try collector.events(ofEnded: daemon)
          #expect(events.first?.records[0].type == "DAEMON_START")
          #expect(events.last?.records[0].type == "DAEMON_END")
          #expect(events.map(\.serial) == Array(1...UInt64(events.count)))
        }
      }
    }
  }

  @Test func aContainerInAContainerIsCalledByBoth() throws {
    guard Engine.nested.isInstalled else { return }
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      // What a container says of those in it does not count.
      try configuration.daemon("fooled", scope: "label = app=inner", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try Engine.nested.withContainer(in: area) { pid in
          let cgroup = try ContainerArea.cgroup(of: pid)
          let inner = try Self.known(cgroup.id, to: collector)
          let containers = try collector.status().containers
          #expect(inner.name == "outer/web")
          #expect(inner.runtime == "podman")
          #expect(inner.labels["app"] == "inner")
          #expect(inner.daemons == ["all/outer/web"])
          #expect(containers.first { $0.contid == inner.parent }?.name == "outer")
        }
        let first = try collector.events(of: "all/outer/web").first { $0.syscall != nil }
        #expect(first?.syscall?["pid"] == "1")
        #expect(first?.syscall?["syscall"] == "59")
      }
    }
  }

  /// A container, once its first process has begun and it is known who it is.
  private static func known(
    _ contid: UInt64, to collector: RunningCollector
  ) throws -> CollectorStatus.Container {
    var found: CollectorStatus.Container?
    try wait(for: "the container's daemon") {
      found = try collector.status().containers.first { $0.contid == contid }
      return found?.daemons.isEmpty == false
    }
    return try #require(found)
  }

  @Test func aCgroupThatIsNamedIsAContainerThatSharesItsNamespaces() throws {
    let name = "nestaudit-plain-\(getpid())"
    let group = Machine.cgroups.appending(path: name)
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("plain", scope: "cgroup = /\(name)", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        for _ in 1...2 {
          try FileManager.default.createDirectory(at: group, withIntermediateDirectories: false)
          let shell = "echo $$ > \(group.path)/cgroup.procs; /bin/true inside; exec /bin/true last"
          try Program.output(of: "sh", ["-c", shell])
          try wait(for: "the cgroup's end") { rmdir(group.path) == 0 }
        }
        try Program.output(of: "true", ["outside"])
      }
      let events = try AuditEvent.read(area.appending(path: "log/plain/audit.log"))
      let execs = events.compactMap { $0.first("EXECVE")?["a1"] }
      #expect(execs == ["inside", "last", "inside", "last"])
      #expect(
        events.compactMap { $0.first("CONTAINER_OP")?["op"] } == ["set", "drop", "set", "drop"])
    }
  }
}
