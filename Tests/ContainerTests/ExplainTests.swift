import Foundation
import TestSupport
import Testing

/// An event of a container is explained where its daemon stands: by the files of the container.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: explanations of containers' events"))
struct ExplainContainer {
  private static let rules = """
    -a always,exit -F arch=b64 -S openat -F path=/etc/other -k other
    -w /etc/secret -p r -k secret

    """

  @Test func pathsAreThoseOfTheContainer() throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon("box", scope: "container = box", rules: Self.rules)
      try ContainerArea.with(in: area) { containers in
        try containers.bundle("box", command: "while :; do /bin/sleep 1; done")
        let root = containers.root()
        try FileManager.default.createDirectory(
          at: root.appending(path: "etc"), withIntermediateDirectories: true)
        for file in ["etc/secret", "etc/other"] {
          try "x".write(to: root.appending(path: file), atomically: false, encoding: .utf8)
        }
        try containers.start(.crun, "box")
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          // Through a link the name says nothing: only the inode in that root does.
          try containers.execute(.crun, "box", "ln -s /etc/secret /tmp/link && cat /tmp/link")
          var serial: UInt64?
          try wait(for: "the event") {
            serial = try collector.events(of: "box").first { $0.syscall?["key"] == "secret" }?
              .serial
            return serial != nil
          }
          let output = try Program.output(
            of: Machine.product("nestaudit"),
            [
              "rules", "explain", "box", "\(try #require(serial))", "--state",
              collector.state.path,
            ])
          let lines = output.split(separator: "\n").map(String.init)
          #expect(lines[2].hasPrefix("    failed: path=/etc/other: the name is /tmp/link (inode "))
          #expect(lines[2].contains("; at /etc/other is inode "), "\(output)")
          #expect(lines[4] == "    matched", "\(output)")
          #expect(lines.last?.hasSuffix("audit.rules:2 decides: always, key=secret") == true)
        }
      }
    }
  }
}
