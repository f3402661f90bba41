import Testing

@testable import Collector

/// What of auditctl's options a daemon is asked for.
struct ControlCommandTests {
  @Test func listsAndSettingsAreOnlyLookedAt() throws {
    #expect(try ControlCommand(["-l"]) == .list(key: nil))
    #expect(try ControlCommand(["-l", "-k", "ssh"]) == .list(key: Array("ssh".utf8)))
    #expect(try ControlCommand(["-k", "ssh", "-l"]) == .list(key: Array("ssh".utf8)))
    #expect(try ControlCommand(["-s"]) == .settings)
  }

  @Test(arguments: [
    (["-a", "always,exit", "-S", "open"], RuleOperation.add, ControlCommand.Printed.nothing),
    (["-w", "/etc", "-p", "wa"], .add, .nothing), (["-W", "/etc"], .remove, .nothing),
    (["-d", "always,exit"], .remove, .nothing), (["-D"], .remove, .rules),
    (["-D", "-k", "x"], .remove, .rules), (["-e", "2"], .set, .settings),
    (["-b100"], .set, .settings), (["--reset-lost"], .set, .former("lost")),
    (["--reset_backlog_wait_time_actual"], .set, .former("backlog_wait_time_actual")),
    (["--backlog_wait_time", "5"], .set, .settings),
  ])
  func changesAreNamedAsTheKernelNamesThem(
    words: [String], operation: RuleOperation, printed: ControlCommand.Printed
  ) throws {
    #expect(try ControlCommand(words) == .change(operation, prints: printed))
  }

  @Test(arguments: [
    [], ["-l", "-a", "always,exit"], ["-l", "-k"], ["-s", "-D"], ["-R", "/etc/shadow"],
    ["-m", "x"],
    ["--signal", "stop"], ["--loginuid-immutable"], ["-w", "/x\0y"],
  ])
  func theRestIsRefused(words: [String]) {
    #expect(throws: ControlRefusal.self) { try ControlCommand(words) }
  }
}
