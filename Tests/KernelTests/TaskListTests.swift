import Foundation
import TestSupport
import Testing

/// A task that the task list keeps out when it is made costs no capture afterwards.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: task lists with real BPF"))
struct TaskLists {
  private static let calls = 1000
  private static let wanted = """
    -a always,exit -F arch=b64 -S lseek -F uid=\(Workload.uid) \
    -F a2=\(NumberedCalls.Kind.always.rawValue) -k wanted

    """
  private static let never = "-a never,task -F uid=\(Workload.uid)\n"

  /// Makes the calls in a task that a task of the workload's user has made.
  private func run(_ workload: Workload) throws {
    try workload.run(["numbered", "10000", "\(Self.calls)"], forked: true)
  }

  @Test func whatIsKeptOutIsNotCaptured() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.never + Self.wanted)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        func seen() throws -> Int {
          try Int(collector.status().containers.first { $0.contid == 0 }?.seen ?? 0)
        }
        let before = try seen()
        try run(workload)
        // The workload's programs end before their task is one that was made by their user.
        let kept = try seen() - before
        #expect(kept < Self.calls / 10, "\(kept) events of a task that is kept out")
        // Made by root, it is not kept out.
        try workload.run(["numbered", "10000", "\(Self.calls)"])
        #expect(try seen() - before >= Self.calls)
      }
      let calls = try NumberedCalls(
        log: area.appending(path: "log/host/audit.log"), count: Self.calls)
      #expect(calls.total(.always) == Self.calls)
      #expect(calls.losses == 0)
    }
  }

  /// One daemon wants every call, the other one only of tasks that it does not keep out.
  private func withTwoDaemons(_ body: (URL, Workload, Configuration) throws -> Void) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("all", scope: "host = yes", rules: Self.wanted)
      try configuration.daemon("some", scope: "host = yes", rules: Self.never + Self.wanted)
      try body(area, try Workload(in: area), configuration)
    }
  }

  @Test func anotherDaemonMissesNothingOfIt() throws {
    try withTwoDaemons { area, workload, configuration in
      try RunningCollector.with(in: area, configuration: configuration) { _ in
        try run(workload)
      }
      func calls(of daemon: String) throws -> Int {
        try NumberedCalls(
          log: area.appending(path: "log/\(daemon)/audit.log"), count: Self.calls
        ).total(.always)
      }
      #expect(try calls(of: "all") == Self.calls)
      #expect(try calls(of: "some") == 0)
    }
  }

  /// What was said when a task was made holds for its whole life, whatever else comes and goes.
  @Test func aChangeOfDaemonsForgetsNothing() throws {
    try withTwoDaemons { area, workload, configuration in
      var count = 0
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        let running = try workload.start(["numbered", "1000", "0"], forked: true)
        for change in 1...5 {
          // Another list of daemons: the bits of the old one mean nothing in it.
          try configuration.daemon("a\(change)", scope: "host = yes", rules: "-D\n")
          try collector.reload()
        }
        let result = try running.finish()
        count = try #require(
          Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(result.errors)")
      }
      let log = area.appending(path: "log/some/audit.log")
      #expect(try NumberedCalls(log: log, count: 1_000_000).total(.always) == 0)
      let other = area.appending(path: "log/all/audit.log")
      #expect(count > 0)
      #expect(try NumberedCalls(log: other, count: 1_000_000).total(.always) == count)
    }
  }
}
