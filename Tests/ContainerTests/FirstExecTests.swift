import Foundation
import TestSupport
import Testing

/// A container's log begins with its very first exec, however it was started.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: the first exec of a container"))
struct FirstExec {
  @Test func itIsInTheLogOfEveryOneOfAHundredContainers() throws {
    try withTemporaryDirectory { area in
      var names: [String] = []
      let status = try RunningCollector.with(in: area) { collector in
        try ContainerArea.with(in: area) { containers in
          for number in 1...50 {
            for runtime in ContainerRuntime.allCases {
              let name = "first-\(runtime.rawValue)-\(number)"
              try containers.bundle(name, command: ": \(name)")
              try containers.run(runtime, name)
              names.append(name)
            }
          }
        }
        return try collector.status()
      }
      #expect(names.count == 100)
      #expect(status.daemons.allSatisfy { $0.lost == 0 })
      let without = try names.filter { name in
        let events = try AuditEvent.read(area.appending(path: "log/\(name)/audit.log"))
        let first = events.first { $0.syscall != nil }
        return first?.syscall?["pid"] != "1" || first?.syscall?["syscall"] != "59"
          || first?.first("EXECVE")?["a0"] != "/bin/sh"
      }
      print("first exec in the log: \(names.count - without.count) of \(names.count)")
      #expect(without == [])
    }
  }
}
