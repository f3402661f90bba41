import Foundation
import TestSupport
import Testing

/// As many daemons and rules as a large machine may have, and more than fit.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: many daemons with many rules"))
struct LoadedRules {
  private static let daemons = 1000
  private static let rulesOfEach = 300
  /// For one daemon.
  private static let tooMany = 100_000

  /// No two are alike, of one daemon or of two.
  private static func rules(ofDaemon daemon: Int) -> String {
    let syscalls = ["openat", "unlinkat", "connect", "execve", "chmod", "lseek", "kill", "mkdir"]
    return (0..<rulesOfEach).map { rule in
      let number = daemon * rulesOfEach + rule
      let call = "-a always,exit -F arch=b64 -S \(syscalls[rule % syscalls.count])"
      return switch rule % 10 {
      case 0: "-w /srv/of-\(number) -p wa -k \(number)\n"
      case 1: "\(call) -F exe=/opt/program-\(number) -k \(number)\n"
      case 2: "\(call) -F dir=/data/of-\(number) -F perm=wa -k \(number)\n"
      case 3: "-a never,exit -F arch=b64 -S \(syscalls[rule % syscalls.count]) -F a2=\(number)\n"
      case 4: "\(call) -F uid=\(number) -F success=0 -k \(number)\n"
      default: "\(call) -F a0=\(number) -F a1!=\(rule) -k \(number)\n"
      }
    }.joined()
  }

  private static func exact(key: String) -> String {
    """
    -a always,exit -F arch=b64 -S lseek -F uid=\(Workload.uid) \
    -F a2=\(NumberedCalls.Kind.always.rawValue) -k \(key)

    """
  }

  @Test func aThousandDaemonsWithThreeHundredRulesEachAreLoaded() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: Self.exact(key: "exact"))
      for daemon in 1...Self.daemons {
        try configuration.daemon(
          "of-\(daemon)", scope: "container = absent-\(daemon)\ninstance = shared",
          rules: Self.rules(ofDaemon: daemon))
      }
      let start = ContinuousClock.now
      try RunningCollector.with(
        in: area, configuration: configuration, limit: .seconds(120)
      ) { collector in
        let rules = Self.daemons * Self.rulesOfEach
        print("\(rules) rules are loaded after \(ContinuousClock.now - start)")
        let daemons = try collector.status().daemons
        #expect(daemons.count == Self.daemons + 1)
        #expect(daemons.count { $0.rules == Self.rulesOfEach } == Self.daemons)
        try workload.run(["numbered", "10000", "1000"])
      }
      try Self.expectExactly(["exact"], of: 1000, in: area.appending(path: "log/host/audit.log"))
    }
  }

  /// The old rules of every daemon stay, also of those whose new ones would fit.
  @Test func whatDoesNotFitIsRefusedAndChangesNothing() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      let few = Self.rules(ofDaemon: 1)
      let many = (0..<Self.tooMany).map { "-a always,exit -F arch=b64 -S 8 -F a1=\($0)\n" }.joined()
      func configure(key: String, greedy: String) throws {
        try configuration.daemon("greedy", scope: "host = yes", rules: greedy)
        try configuration.daemon("modest", scope: "host = yes", rules: Self.exact(key: key))
      }
      try configure(key: "before", greedy: few)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        // What a refused reload would leave behind in the tables would add up.
        for _ in 1...3 {
          try configure(key: "refused", greedy: many)
          let complaint = try collector.refusedReload(limit: .seconds(120))
          #expect(complaint.contains(/(at most|more than) \d+/), "\(complaint)")
          let daemons = try collector.status().daemons
          #expect(daemons.map(\.name) == ["greedy", "modest"])
          #expect(daemons.map(\.rules) == [Self.rulesOfEach, 1])
          try workload.run(["numbered", "10000", "1000"])
        }
        try configure(key: "after", greedy: few + Self.exact(key: "more"))
        try collector.reload()
        try workload.run(["numbered", "10000", "1000"])
      }
      let logs = area.appending(path: "log")
      try Self.expectExactly(
        ["before", "after"], of: 1000, times: 4, in: logs.appending(path: "modest/audit.log"))
      try Self.expectExactly(["more"], of: 1000, in: logs.appending(path: "greedy/audit.log"))
    }
  }

  /// Every call that must be there was recorded, so many times, by these keys one after the other.
  private static func expectExactly(
    _ keys: [String], of count: Int, times: UInt8 = 1, in log: URL
  ) throws {
    let calls = try NumberedCalls(log: log, count: count)
    #expect(calls.keys == keys)
    #expect(calls.total(.always) == Int(times) * count)
    #expect(calls.notSeen(.always, times: times) == [])
    #expect(calls.total(.never) + calls.total(.sometimes) == 0)
    #expect(calls.gaps == [] && calls.losses == 0)
  }

  @Test func equalRulesAreInTheKernelOnce() throws {
    func maps(_ rules: (Int) -> String) throws -> Int {
      try withTemporaryDirectory { area in
        let configuration = try Configuration(in: area)
        for number in 0..<20 {
          try configuration.daemon(
            "d\(number)", scope: "container = none-\(number)\ninstance = shared",
            rules: rules(number))
        }
        return try RunningCollector.with(in: area, configuration: configuration) { collector in
          let directory = "/proc/\(collector.pid)/fd"
          return try FileManager.default.contentsOfDirectory(atPath: directory).count {
            let link = try? FileManager.default.destinationOfSymbolicLink(
              atPath: directory + "/" + $0)
            return link == "anon_inode:bpf-map"
          }
        }
      }
    }
    let equal = try maps { number in
      String(repeating: "\n", count: number) + "-a always,exit -S rmdir -F a0=1 -k same\n"
    }
    let different = try maps { "-a always,exit -S rmdir -F a0=\($0) -k same\n" }
    #expect(different - equal == 19)
  }
}
