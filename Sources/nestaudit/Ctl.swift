import ArgumentParser
import Control
import Glibc

/// `nestaudit ctl`: auditctl's own words for one daemon.
struct CtlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ctl", abstract: "Ask a daemon what auditctl(8) asks the kernel.",
    usage: "nestaudit ctl [<name>] [--state <dir>] <auditctl options>",
    discussion: """
      Options are auditctl's: -l [-k KEY], -s, -a, -A, -d, -D, -w, -W, -p, -k, -S, -F, -C, -e, -f, \
      -r, -b, --backlog_wait_time, --reset-lost. In a container root needs no name: it is the daemon \
      of the container. On the host NAME is a daemon of the running collector.

      What is changed holds until the daemon's files are read again, or it ends.

      Exit status: 0 done, 1 not done, 4 not permitted. See also nestaudit-ctl(8).
      """)

  @Argument(
    parsing: .captureForPassthrough,
    help: ArgumentHelp("A daemon of the running collector, then auditctl's options."))
  var words: [String] = []

  func run() throws {
    let line = try CtlLine(words)
    if line.asksForHelp { throw CleanExit.helpRequest(CtlCommand.self) }
    let reply = try ControlClient.control(line.options, of: line.daemon, state: line.state)
    for warning in reply.warnings { complain(warning) }
    var output = Output()
    for line in reply.lines { output.append(escaped(line) + "\n") }
    output.flush()
    guard let error = reply.error else { return }
    complain(error)
    throw ExitCode(reply.isDenied ? 4 : 1)
  }
}

/// A command line of `ctl`: whose options are none of ours, but for where the collector is.
struct CtlLine: Equatable {
  var daemon: String?
  var options: [String] = []
  var state = StateDirectory.standardPath
  var asksForHelp = false

  init(_ words: [String]) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--state" {
        guard let directory = rest.popFirst() else {
          throw ValidationError("--state takes a directory")
        }
        state = directory
      } else if word.hasPrefix("--state=") {
        state = String(word.dropFirst("--state=".count))
      } else if word == "--help" || word == "-h" {
        asksForHelp = true
      } else if options.isEmpty, daemon == nil, !word.hasPrefix("-") {
        daemon = word
      } else {
        options.append(word)
      }
    }
    if options.isEmpty, !asksForHelp {
      throw ValidationError("say what to do, in auditctl's options: -l lists the rules")
    }
  }
}
