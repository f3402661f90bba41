import Foundation
import TestSupport
import Testing

@testable import Collector

struct LogFileTests {
  private let area: Area
  private var path: String { area.path + "/log/web/audit.log" }

  init() throws { area = try Area() }

  private func configuration(_ text: String) throws -> AuditdConfiguration {
    try AuditdConfiguration.parse(text, file: "auditd.conf")
  }

  /// An event of `records` lines, 100 bytes each.
  private func event(_ serial: Int, records: Int = 1) -> String {
    String(
      repeating: "type=X msg=audit(1700000000.000:\(100_000 + serial)): "
        .padding(toLength: 99, withPad: "x", startingAt: 0) + "\n", count: records)
  }

  private func append(_ text: String, to file: inout LogFile) throws {
    let bytes = Array(text.utf8)
    var written = 0
    try bytes.withUnsafeBytes { try file.append($0, records: 1, written: &written) }
    #expect(written == bytes.count)
  }

  @Test func theLogIsForItsOwnerAlone() throws {
    var file = try LogFile(path: path, configuration: AuditdConfiguration())
    try append(event(1), to: &file)
    #expect(try area.mode("log/web/audit.log") == 0o600)
    #expect(try area.mode("log/web") == 0o700)
    #expect(try area.mode("log") == 0o700)
  }

  @Test func whatIsThereIsAppendedTo() throws {
    try area.write("before\n", to: "log/web/audit.log")
    var file = try LogFile(path: path, configuration: AuditdConfiguration())
    try append("after\n", to: &file)
    #expect(try area.read("log/web/audit.log") == "before\nafter\n")
    #expect(try area.mode("log/web/audit.log") == 0o600)
  }

  @Test func aLinkOrAPipeIsNoLog() throws {
    try area.write("precious\n", to: "target")
    try area.write("", to: "log/web/x")
    try #require(symlink(area.path + "/target", path) == 0)
    #expect(throws: LogError.self) {
      _ = try LogFile(path: path, configuration: AuditdConfiguration())
    }
    #expect(try area.read("target") == "precious\n")
    unlink(path)
    try #require(symlink(area.path, area.path + "/log/linked") == 0)
    #expect(throws: LogError.self) {
      _ = try LogFile(path: area.path + "/log/linked/audit.log", configuration: .init())
    }
  }

  @Test func rotationKeepsSoManyAndLosesNoLineOfThem() throws {
    let configuration = try configuration("max_log_file = 1\nnum_logs = 3")
    var file = try LogFile(path: path, configuration: configuration)
    for serial in 0..<50_000 { try append(event(serial), to: &file) }
    #expect(try area.names("log/web") == ["audit.log", "audit.log.1", "audit.log.2"])
    #expect(try area.mode("log/web/audit.log.1") == 0o400)
    let kept = try ["audit.log.2", "audit.log.1", "audit.log"].map {
      try area.read("log/web/" + $0)
    }
    #expect(
      kept.dropLast().allSatisfy { $0.utf8.count >= 1 << 20 && $0.utf8.count < 1 << 20 + 200 })
    let lines = kept.joined().split(separator: "\n")
    #expect(kept.joined().utf8.count == lines.count * 100)
    let serials = lines.compactMap { $0.firstMatch(of: /:(\d+)\)/).flatMap { Int($0.1) } }
    #expect(serials.last == 149_999)
    #expect(serials == Array(serials[0]...149_999))
  }

  @Test func keptLogsAreNeverRemoved() throws {
    let configuration = try configuration(
      "max_log_file = 1\nnum_logs = 2\nmax_log_file_action = keep_logs")
    var file = try LogFile(path: path, configuration: configuration)
    for serial in 0..<50_000 { try append(event(serial), to: &file) }
    #expect(
      try area.names("log/web")
        == ["audit.log", "audit.log.1", "audit.log.2", "audit.log.3", "audit.log.4"])
  }

  @Test func anEventIsNotTornByARotation() throws {
    let configuration = try configuration("max_log_file = 1\nnum_logs = 5")
    var file = try LogFile(path: path, configuration: configuration)
    // A batch that holds many events, more than one log takes.
    try append((0..<8000).map { event($0, records: 4) }.joined(), to: &file)
    for name in try area.names("log/web") {
      let lines = try area.read("log/web/" + name).split(separator: "\n")
      #expect(lines.count % 4 == 0, "\(name) has \(lines.count) lines")
    }
    #expect(try area.names("log/web").count >= 3)
  }

  @Test func aBatchThatWasWrittenInPartGoesOnWhereItStopped() throws {
    var file = try LogFile(path: path, configuration: AuditdConfiguration())
    let bytes = Array("abcdef\n".utf8)
    var written = 3
    try bytes.withUnsafeBytes { try file.append($0, records: 1, written: &written) }
    #expect(try area.read("log/web/audit.log") == "def\n")
  }
}
