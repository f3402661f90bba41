import Foundation
import TestSupport
import Testing

/// Rules that change all the time, while events come.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a thousand reloads"))
struct Reloads {
  private static let reloads = 1000
  private static let rate = 20_000

  /// Two ways to ask for the same calls: whatever is of one version and the other at once would
  /// record a call of the kind `never`, or leave out one of the kind `always`.
  private static func rules(version: Int) -> String {
    let call = "exit -F arch=b64 -S lseek -F uid=\(Workload.uid)"
    let always = NumberedCalls.Kind.always.rawValue
    let never = NumberedCalls.Kind.never.rawValue
    let oneRecord = "-a always,exclude -F msgtype=PROCTITLE\n"
    return oneRecord
      + (version % 2 == 1
        ? """
        -a never,\(call) -F a2=\(never)
        -a always,\(call) -k version-\(version)

        """
        : "-a always,\(call) -F a2=\(always) -k version-\(version)\n")
  }

  @Test func aThousandReloadsLoseNothingAndInventNothing() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      let steady = Self.rules(version: 0).replacing("version-0", with: "steady")
      try configuration.daemon("changing", scope: "host = yes", rules: Self.rules(version: 0))
      try configuration.daemon("steady", scope: "host = yes", rules: steady)
      var count = 0
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        let calls = try workload.start(["numbered", "\(Self.rate)", "0"])
        let seconds = try Self.seconds {
          for version in 1...Self.reloads {
            try configuration.daemon(
              "changing", scope: "host = yes", rules: Self.rules(version: version))
            try collector.reload()
          }
        }
        let result = try calls.finish()
        count = try #require(
          Int(result.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(result.errors)")
        print(
          "\(Int(Double(Self.reloads) / seconds)) reloads and "
            + "\(Int(Double(count) / seconds)) matching events a second, \(count) in all")
        #expect(Double(count) / seconds > 0.9 * Double(Self.rate))
        #expect(try collector.status().daemons.map(\.lost) == [0, 0])
      }
      try Self.check(area.appending(path: "log"), count: count)
    }
  }

  private static func check(_ logs: URL, count: Int) throws {
    for daemon in ["changing", "steady"] {
      let log = logs.appending(path: "\(daemon)/audit.log")
      let calls = try NumberedCalls(log: log, count: count)
      let wrong = calls.notSeen(.always, times: 1)
      #expect(
        wrong.isEmpty, "\(daemon): \(wrong.count) of \(count) not once: \(wrong.prefix(5)) …")
      #expect(calls.total(.never) == 0, "\(daemon)")
      #expect(calls.gaps == [], "\(daemon)")
      #expect(calls.losses == 0, "\(daemon)")
      if daemon == "steady" {
        #expect(calls.keys == ["steady"])
        #expect(calls.total(.sometimes) == 0)
      } else {
        // A version that is gone never comes back.
        let versions = calls.keys.compactMap { $0.split(separator: "-").last.flatMap { Int($0) } }
        #expect(versions == versions.sorted() && Set(versions).isSubset(of: 0...reloads))
        #expect(versions.count == calls.keys.count && versions.count > reloads / 2)
        let odd = calls.keysOfSometimes.allSatisfy { $0.last.flatMap(\.wholeNumberValue)! % 2 == 1 }
        #expect(odd && !calls.keysOfSometimes.isEmpty)
        #expect(calls.repeated(.sometimes) == [])
        #expect(calls.total(.sometimes) < count / 10)
      }
    }
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    try ContinuousClock().measure(body) / .seconds(1)
  }
}
