import Foundation
import TestSupport
import Testing

/// What has left the caller's memory before it can be read.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: memory that cannot be read"))
struct Unreadable {
  @Test func aNameThatIsGoneIsNullAndCounted() throws {
    try withTemporaryDirectory { area in
      let workload = try Workload(in: area)
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S openat -F a2=0 -F uid=\(Workload.uid) -k gone\n")
      let (count, said) = try RunningCollector.with(in: area, configuration: configuration) {
        collector in
        try workload.run(["unreadable"])
        let host = try collector.status().containers.first { $0.contid == 0 }
        let ps = try Program.run(
          Machine.product("nestaudit"), ["ps", "--state", collector.state.path])
        return (host?.unreadable, ps.errors)
      }
      let paths = try AuditEvent.read(area.appending(path: "log/host/audit.log"))
        .filter { $0.syscall?["key"] == "gone" && $0.syscall?["comm"] == "workload" }
        .flatMap(\.records).filter { $0.type == "PATH" && $0["mode"] == "010600" }
      #expect(paths.map { $0["name"] } == ["(null)"])
      #expect(paths.map { $0["nametype"] } == ["NORMAL"])
      #expect(count == 1)
      #expect(said.contains("host: 1 events"))
    }
  }
}
