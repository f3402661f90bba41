import Foundation
import TestSupport
import Testing

/// The name in the caller's memory need not be the one that the kernel read.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: names that are rewritten"))
struct RewrittenName {
  private static let opens = 100_000
  /// A busy machine may not let both threads run at once for some time.
  private static let mostRounds = 10

  @Test func everyNameOfAnotherObjectIsSaid() throws {
    var said = 0
    for _ in 0..<Self.mostRounds where said == 0 {
      try withTemporaryDirectory { area in
        let (names, counted) = try race(in: area)
        print("names rewritten in \(Self.opens) opens: \(names)")
        #expect(names.count >= Self.opens)
        #expect(names.forged == 0)
        #expect(names.alone == 0)
        #expect(names.accused == 0)
        #expect(counted == names.said)
        said = names.said
      }
    }
    // There were some: the thread does what it is there for.
    #expect(said > 0)
  }

  /// What the log says, and how many names nothing confirms by the daemon's own count.
  private func race(in area: URL) throws -> (RacedNames, Int) {
    let configuration = try Configuration(in: area)
    try configuration.daemon(
      "host", scope: "host = yes",
      rules: """
        -b 1000000
        -a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) -F exe=\(area.path)/workload -k race

        """)
    let workload = try Workload(in: area)
    let objects = try RunningCollector.with(in: area, configuration: configuration) { _ in
      try workload.run(["race", "open", "\(Self.opens)"])
    }
    let log = area.appending(path: "log/host/audit.log")
    let told = try Program.run("grep", ["^type=DAEMON_ERR", log.path]).output
    #expect(!told.contains("op=lost-events"))
    let counts = told.matches(of: /op=unconfirmed-names names=(\d+) total=\d+/)
    return (
      try RacedNames(log: log, objects: objects), counts.reduce(0) { $0 + (Int($1.1) ?? 0) }
    )
  }
}
