import Foundation
import TestSupport
import Testing

/// Working directories that no path is long enough for, or that are behind more mounts than are followed: a part of their path
/// would be another one's.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: events of deep directories"))
struct LongPaths {
  @Test func aPathThatIsTooLongIsCalledThat() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S openat -F exe=/usr/bin/touch -F a2&0100 -k deep\n")
      let script = """
        cd "$1"
        mkdir mounted
        for n in $(seq 2200); do mount --bind mounted mounted; done
        (cd mounted && touch mark-mounted)
        name=$(printf 'd%.0s' $(seq 250))
        for n in $(seq 20); do
          mkdir $name && cd ./$name
          [ $n != 10 ] || touch mark-shorter
        done
        touch mark-deep
        """
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try Program.output(of: "unshare", ["-m", "bash", "-c", script, "bash", area.path])
        let events = try collector.settledEvents(of: "host")
        func cwd(_ mark: String) throws -> String {
          let event = events.first { event in
            event.records.contains { $0.type == "PATH" && $0["name"] == mark }
          }
          return try #require(event?.first("CWD")?["cwd"], "\(mark)")
        }
        #expect(try cwd("mark-mounted") == "<too_long>")
        #expect(try cwd("mark-deep") == "<too_long>")
        let name = String(repeating: "d", count: 250)
        #expect(
          try cwd("mark-shorter")
            == area.path + String(repeating: "/" + name, count: 10))
      }
    }
  }
}
