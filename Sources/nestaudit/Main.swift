import ArgumentParser
import Collector
import Glibc

/// The version of the program, which is the collector's.
let programVersion = Collector.version

/// `nestaudit` itself: what it can be asked to do.
struct Nestaudit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nestaudit",
    abstract: "An audit daemon of its own for every container.",
    discussion: """
      Exit status: 0 success, 1 failure, 2 wrong usage. See also nestaudit(8).
      """,
    version: programVersion,
    subcommands: [
      RunCommand.self, ReloadCommand.self, PsCommand.self, StatusCommand.self, TailCommand.self,
      RulesCommand.self, RecordCommand.self, ReplayCommand.self,
      CtlCommand.self, ContidCommand.self, HookCommand.self, DoctorCommand.self, UnloadCommand.self,
    ])
}

@main
enum Program {
  static func main() async {
    do {
      var command = try Nestaudit.parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let ending = Ending(error)
      ending.report()
      exit(ending.status)
    }
  }
}

/// How the program ends after an error: what it says, where, and with which status.
struct Ending: Equatable {
  let status: Int32
  /// What goes to standard output, which is help or the version.
  var text: String?
  /// The one line for standard error.
  var complaint: String?

  init(_ error: any Error) {
    let code = Nestaudit.exitCode(for: error)
    if code == .success {
      status = 0
      text = Nestaudit.fullMessage(for: error)
    } else if let bare = error as? ExitCode {
      status = bare.rawValue
    } else if code == .validationFailure {
      status = 2
      complaint = oneLine(Nestaudit.message(for: error)) + "; see 'nestaudit help'"
    } else {
      status = 1
      complaint = oneLine("\(error)")
    }
  }

  func report() {
    if let text, !text.isEmpty { print(text) }
    if let complaint { complain(complaint) }
  }
}

private func oneLine(_ text: String) -> String {
  text.split(whereSeparator: \.isNewline).joined(separator: " ")
}

/// A line on standard error, marked as ours.
func complain(_ text: String) {
  Output.write(Array("nestaudit: \(escaped(text))\n".utf8), to: STDERR_FILENO)
}

/// Why a command failed, with the cure.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
