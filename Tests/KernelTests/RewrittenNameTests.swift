import Foundation
import TestSupport
import Testing

/// The name in the caller's memory need not be the one that the kernel read.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: names that are rewritten"))
struct RewrittenName {
  private static let opens = 100_000

  @Test func everyNameOfAnotherObjectIsSaid() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: """
          -b 1000000
          -a always,exit -F arch=b64 -S openat -F uid=\(Workload.uid) -F exe=\(area.path)/workload -k race

          """)
      let workload = try Workload(in: area)
      let (objects, status) = try RunningCollector.with(in: area, configuration: configuration) {
        let objects = try workload.run(["race", "open", "\(Self.opens)"])
        return (objects, try $0.status())
      }
      let names = try RacedNames(
        log: area.appending(path: "log/host/audit.log"), objects: objects)
      print("names rewritten in \(Self.opens) opens: \(names)")
      #expect(names.count >= Self.opens)
      #expect(names.forged == 0)
      #expect(names.alone == 0)
      // There were some: the thread does what it is there for.
      #expect(names.said > 0)
      #expect(names.accused == 0)
      #expect(status.daemons.map(\.lost) == [0])
    }
  }
}
