import Foundation
import TestSupport
import Testing

/// Containers that their runtime announces before they start.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: hooks of runtimes"))
struct Hooks {
  private static let rules = "-a always,exit -F arch=b64 -S execve -k exec\n"

  private func withCollector(_ body: (RunningCollector, URL) throws -> Void) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "container = *", rules: Self.rules)
      try RunningCollector.with(in: area, configuration: configuration) { try body($0, area) }
    }
  }

  private static func hook(_ state: URL) -> String {
    "\(Machine.product("nestaudit")) hook createRuntime --state \(state.path)"
  }

  /// Without a word of its runtime such a container is known by its cgroup's path alone, and late.
  @Test(arguments: ContainerRuntime.allCases)
  func aContainerWithTheHostsProcessesIsKnownFromItsFirstExecOn(
    runtime: ContainerRuntime
  ) throws {
    try withCollector { collector, area in
      try ContainerArea.with(in: area) { containers in
        try containers.bundle(
          "web", hostID: 0, hasHostsUsers: true, hasHostsProcesses: true,
          hook: Self.hook(collector.state), command: "/bin/true mark; exec /bin/true end")
        try containers.run(runtime, "web")
        let execs = try collector.events(ofEnded: "all/web").compactMap { event in
          event.first("EXECVE").map { "\($0["a0"] ?? "") \($0["a1"] ?? "")" }
        }
        #expect(execs == ["/bin/sh -c", "/bin/true mark", "/bin/true end"])
        let first = try collector.events(of: "all/web").prefix(2).map { $0.records[0].type }
        #expect(first == ["DAEMON_START", "CONTAINER_OP"])
      }
    }
  }

  @Test func whatTheHookIsNotAskedForItDoesNotChange() throws {
    try withCollector { collector, area in
      try ContainerArea.with(in: area) { containers in
        for (name, hook) in [("announced", Self.hook(collector.state)), ("plain", nil)] {
          try containers.bundle(name, hook: hook, command: "exec /bin/true mark")
          try containers.run(.crun, name)
        }
        func told(_ name: String) throws -> [[String]] {
          try collector.events(of: "all/\(name)").map { event in
            event.records.map { $0.type + " " + ($0["comm"] ?? $0["op"] ?? "") }
          }
        }
        try wait(for: "the ends of both") {
          try told("announced").count >= 6 && told("plain").count >= 6
        }
        let (announced, plain) = (try told("announced"), try told("plain"))
        #expect(announced == plain)
        #expect(announced.count == 6)
      }
    }
  }

  /// With the host's processes it is known that early by its hook alone.
  @Test(arguments: [[], ["--pid=host"]])
  func podmanRunsItForEveryContainer(options: [String]) throws {
    guard Engine.podman.isInstalled else { return }
    try withCollector { collector, area in
      let hooks = area.appending(path: "hooks.d")
      try FileManager.default.createDirectory(at: hooks, withIntermediateDirectories: true)
      let program = Machine.product("nestaudit")
      try Program.output(
        of: program, ["hook", "config", "--path", program, "--state", collector.state.path]
      ).write(to: hooks.appending(path: "nestaudit.json"), atomically: true, encoding: .utf8)
      try Engine.podman.runEach(3, in: area, hooks: hooks, options: options)
      for number in 1...3 {
        let execs = try collector.events(ofEnded: "all/each-\(number)").compactMap {
          $0.first("EXECVE")?["a1"]
        }
        #expect(execs == ["each-\(number)"])
      }
      #expect(collector.written.split(separator: "\n").count { $0.hasSuffix(": announced") } == 3)
    }
  }

  // MARK: Where it is of no use

  private func run(
    _ input: String, state: String
  ) throws -> (result: Program.Result, seconds: Double) {
    let began = ContinuousClock.now
    let result = try Program.run(
      "sh",
      [
        "-c", "printf %s \"$1\" | \"$2\" hook createRuntime --state \"$3\"", "sh", input,
        Machine.product("nestaudit"), state,
      ])
    let taken = (ContinuousClock.now - began).components
    return (result, Double(taken.seconds) + Double(taken.attoseconds) / 1e18)
  }

  @Test func withoutACollectorAContainerIsNotHeldUp() throws {
    try withTemporaryDirectory { area in
      let none = try run("{\"pid\": 1}", state: area.path)
      #expect(none.result.status == 0 && none.seconds < 1)
      #expect(none.result.errors.hasPrefix("nestaudit: hook: "), "\(none.result.errors)")
      #expect(none.result.errors.contains("starts without"))
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("web", hook: Self.hook(area), command: "echo started")
        #expect(try containers.run(.crun, "web").contains("started"))
      }
    }
  }

  @Test func aCollectorThatHangsIsWaitedForASecond() throws {
    try withCollector { collector, _ in
      try collector.whileSuspended {
        let hung = try run("{\"pid\": 1}", state: collector.state.path)
        #expect(hung.result.status == 0 && hung.seconds < 2)
        #expect(hung.result.errors.contains("starts without"), "\(hung.result.errors)")
      }
    }
  }

  @Test(arguments: ["", "[]", "{\"pid\": -1}", "{\"pid\": \"1\"}", "{\"id\": \"web\"}"])
  func whatIsNoStateIsSaidToBeNone(input: String) throws {
    let odd = try run(input, state: "/nonexistent")
    #expect(odd.result.status == 0)
    #expect(odd.result.errors.contains("no state of a container"), "\(odd.result.errors)")
  }

  @Test func aProcessWithoutACgroupOfItsOwnIsNoContainer() throws {
    try withCollector { collector, _ in
      let process = try Program("sleep", ["100"])
      let shared = try run("{\"pid\": \(process.pid)}", state: collector.state.path)
      #expect(shared.result.errors.contains("no cgroup of its own"), "\(shared.result.errors)")
      let gone = try run("{\"pid\": 4194304}", state: collector.state.path)
      #expect(gone.result.errors.contains("no such process"), "\(gone.result.errors)")
      #expect(try collector.status().containers.count == 1)
    }
  }
}
