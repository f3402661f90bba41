import Foundation
import TestSupport
import Testing

/// Rules on files whose names begin with a mark that joins the slash before it to one character, as a tenant may call them.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: rules on files"))
struct MarkedNames {
  private static let mark = "\u{301}"

  @Test func aFileOfSuchANameIsWatched() throws {
    try withTemporaryDirectory { area in
      let late = area.appending(path: "place").path + "/\(Self.mark)late"
      try FileManager.default.createDirectory(
        at: area.appending(path: "place"), withIntermediateDirectories: true)
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: "-w \(late) -p wa -k late\n")
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try Program.output(of: "/bin/sh", ["-c", "echo 1 > \"$1\"", "sh", late])
        let events = try collector.settledEvents(of: "host").filter {
          $0.first("SYSCALL")?["key"] == "late"
        }
        #expect(events.count == 1)
      }
    }
  }

  /// The way to a file leads through a link to such a name, and is another's then.
  @Test func aWayThroughSuchANameIsFollowed() throws {
    try withTemporaryDirectory { area in
      let script = """
        cd "$1" && mkdir -p one/\(Self.mark)dir two/\(Self.mark)dir
        echo 1 > one/\(Self.mark)dir/file; echo 2 > two/\(Self.mark)dir/file
        ln -s real/\(Self.mark)dir way; ln -s one real
        """
      try Program.output(of: "/bin/sh", ["-c", script, "sh", area.path])
      let file = area.appending(path: "way/file").path
      let configuration = try Configuration(in: area)
      try configuration.daemon("host", scope: "host = yes", rules: "-w \(file) -p r -k way\n")
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        func told() throws -> Int {
          try collector.settledEvents(of: "host").count {
            $0.first("SYSCALL")?["key"] == "way"
          }
        }
        try Program.output(of: "/bin/cat", [file])
        #expect(try told() == 1)
        try Program.output(of: "/bin/ln", ["-sfn", "two", area.appending(path: "real").path])
        var count = 1
        try wait(for: "the file that the way leads to now") {
          try Program.output(of: "/bin/cat", ["\(area.path)/two/\(Self.mark)dir/file"])
          count = try told()
          return count > 1
        }
      }
    }
  }
}
