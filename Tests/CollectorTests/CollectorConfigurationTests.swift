import AuditRules
import TestSupport
import Testing

@testable import Collector

struct CollectorConfigurationTests {
  private let area: Area
  private let nothing = CollectorConfiguration.Overrides(
    stateDirectory: nil, logDirectory: nil, ringSize: nil, backend: nil)

  init() throws {
    area = try Area()
    try area.write("host = yes\n", to: "daemons/host/scope.conf")
    try area.write("-b 100\n", to: "daemons/host/audit.rules")
  }

  private func load() throws(ConfigurationError) -> CollectorConfiguration {
    try CollectorConfiguration.load(directory: area.path, overrides: nothing)
  }

  private func refusal() -> String {
    let error = #expect(throws: ConfigurationError.self) { try load() }
    return error?.description ?? ""
  }

  @Test func everyFileIsRead() throws {
    try area.write(
      "ring_size = 1M\nstate_directory = /s\nlog_directory = /l\n", to: "nestaudit.conf")
    try area.write("container = w*\nname = web\n", to: "daemons/a/scope.conf")
    try area.write("-a always,exit -S open -k b\n", to: "daemons/a/rules.d/20.rules")
    try area.write("-D\n-a always,exit -S open -k a\n", to: "daemons/a/rules.d/10.rules")
    try area.write("not a rule", to: "daemons/a/rules.d/README")
    try area.write("num_logs = 3\n", to: "daemons/a/auditd.conf")
    let configuration = try load()
    #expect(configuration.ringSize == 1 << 20)
    #expect(configuration.stateDirectory == "/s")
    #expect(configuration.logDirectory == "/l")
    #expect(configuration.daemons.map(\.name) == ["web", "host"])
    #expect(configuration.daemons[0].auditd.numLogs == 3)
    #expect(
      configuration.daemons[0].ruleset.rules.map(\.key) == [Array("a".utf8), Array("b".utf8)])
    #expect(configuration.daemons[1].ruleset.settings.backlogLimit == 100)
  }

  @Test func theCommandLineWins() throws {
    try area.write("ring_size = 1M\nlog_directory = /l\n", to: "nestaudit.conf")
    let configuration = try CollectorConfiguration.load(
      directory: area.path,
      overrides: .init(
        stateDirectory: "/mine", logDirectory: "/logs", ringSize: "64K", backend: nil))
    #expect(configuration.stateDirectory == "/mine")
    #expect(configuration.logDirectory == "/logs")
    #expect(configuration.ringSize == 65536)
  }

  @Test func withoutADirectoryHostAndContainersAreAudited() throws {
    try withKnownAbsence(of: "/etc/nestaudit") {
      let configuration = try CollectorConfiguration.load(directory: nil, overrides: nothing)
      #expect(
        configuration.daemons.map(\.scope.text) == [
          "host", "container=* instance=per-container",
        ])
      #expect(configuration.daemons.allSatisfy { $0.isEmbeddedDefault })
      #expect(configuration.stateDirectory == "/run/nestaudit")
    }
  }

  private func withKnownAbsence(of path: String, _ body: () throws -> Void) throws {
    try #require(!TextFile.exists(path), "\(path) is there: the embedded default is not used")
    try body()
  }

  @Test func aDaemonWithoutRulesIsRefused() throws {
    try area.write("container = a\n", to: "daemons/a/scope.conf")
    #expect(
      refusal() == "\(area.path)/daemons/a: has neither audit.rules nor rules.d/*.rules; make one")
    try area.write("-D\n", to: "daemons/a/audit.rules")
    try area.write("-D\n", to: "daemons/a/rules.d/1.rules")
    #expect(refusal().hasSuffix("has both audit.rules and rules.d; remove one of them"))
  }

  @Test func aMistakeInAPartIsNamedByThePart() throws {
    try area.write("container = a\n", to: "daemons/a/scope.conf")
    try area.write("-D\n-z\n", to: "daemons/a/rules.d/1.rules")
    #expect(
      refusal()
        == "\(area.path)/daemons/a/rules.d/1.rules:2: option -z is invalid, or lacks its value")
  }

  @Test(arguments: ["..", ".x", "a b", "a/b", String(repeating: "x", count: 65)])
  func aNameThatIsNoDirectorysIsRefused(name: String) throws {
    try area.write("container = a\nname = \(name)\n", to: "daemons/a/scope.conf")
    try area.write("-D\n", to: "daemons/a/audit.rules")
    #expect(refusal().contains("cannot name a daemon"))
  }

  @Test func oneFileIsNoLogForManyContainers() throws {
    try area.write("container = a*\n", to: "daemons/a/scope.conf")
    try area.write("-D\n", to: "daemons/a/audit.rules")
    try area.write("log_file = /var/log/a\n", to: "daemons/a/auditd.conf")
    #expect(refusal().contains("log_file cannot be one file"))
  }

  @Test(arguments: [
    ("64K", UInt32(65536)), ("1m", 1 << 20), ("1G", 1 << 30), ("65536", 65536), ("32K", nil),
    ("3M", nil), ("2G", nil), ("-1", nil), ("", nil), ("K", nil), ("99999999999G", nil),
  ])
  func sizesArePowersOfTwo(text: String, bytes: UInt32?) {
    #expect(CollectorConfiguration.bytes(text) == bytes)
  }
}
