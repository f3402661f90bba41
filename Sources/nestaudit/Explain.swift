import ArgumentParser
import AuditRules
import Control

/// `nestaudit rules explain`: why an event was recorded, rule by rule.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say which rule matched an event, and why the others did not.",
    discussion: """
      EVENT is a serial number in the daemon's log: of 'audit(1700000000.123:57)' it is 57. The \
      newest event with it is taken, from rotated files too. With '-' the raw records of one event \
      are read from standard input:

        nestaudit rules explain web 57
        ausearch --raw -a 57 -if LOG | nestaudit rules explain web -

      Each rule of the exit list that names the syscall is shown in its order, with the first \
      condition that failed and the value in the record:

        audit.rules:2  -a always,exit -F arch=b64 -S openat -F auid!=-1 -F key=user
            failed: auid!=-1: auid is unset (4294967295)

      The rules are those that the daemon goes by now, and paths are looked up as they are now. \
      What a record does not have (supplementary groups, the flags of openat2) is said as 'not told \
      by the record', and what decided may then remain open.

      Exit status: 0 it is explained, 1 it cannot be, 2 wrong usage.
      """)

  @Argument(help: ArgumentHelp("A daemon of the running collector.", valueName: "name"))
  var daemon: String

  @Argument(
    help: ArgumentHelp("A serial number, or - for records on standard input.", valueName: "event"))
  var event: String

  @Flag(name: .long, help: "Print everything as JSON.")
  var json = false

  @Option(
    name: .long,
    help: ArgumentHelp("Look for the event in this log, not in the daemon's.", valueName: "file"))
  var log: String?

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func validate() throws {
    if event == "-" {
      if log != nil { throw ValidationError("--log goes with a serial number, not with '-'") }
    } else if UInt64(event) == nil {
      throw ValidationError("'\(event)' is no event; give a serial number, or '-'")
    }
  }

  func run() throws {
    let known = try ControlClient.rules(of: daemon, state: collector.state)
    let found = try find()
    let report = try ExplainReport(found, daemon: daemon, rules: known)
    if json {
      try printJSON(report.json)
    } else {
      var output = Output()
      for line in report.lines(isColored: coloring.color.isOn) { output.append(line + "\n") }
      output.flush()
    }
  }

  private func find() throws -> TailEvent {
    guard let serial = UInt64(event) else { return try ExplainInput.standardInput() }
    if let log { return try ExplainInput.event(serial, log: log) }
    let status = try ControlClient.status(state: collector.state)
    guard let path = status.daemons.first(where: { $0.name == daemon })?.log else {
      throw Failure("daemon '\(daemon)' has just ended; give its log with --log")
    }
    return try ExplainInput.event(serial, log: path)
  }
}
