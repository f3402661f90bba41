import ArgumentParser
import Control
import FoundationEssentials

/// One thing that was looked at.
struct Check: Codable, Equatable {
  /// How it is.
  enum State: String, Codable {
    /// As it should be.
    case ok
    /// Works, but somebody should know.
    case warn
    /// Something needed is missing.
    case fail
  }

  var name: String
  var state: State
  var detail: String
  /// What to do; only where something is to be done.
  var cure: String?
}

/// `nestaudit doctor`: what this machine offers, and what is missing.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Say what this machine offers and what is missing.",
    discussion: "Exit status: 0 when nestaudit can run, 1 when something it needs is missing.")

  @Flag(name: .long, help: "Print the checks as JSON.")
  var json = false

  @Option(name: .long, help: ArgumentHelp("The directory of the logs.", valueName: "dir"))
  var logDir = "/var/log/nestaudit"

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func run() throws {
    let checks =
      machineChecks() + captureChecks() + placeChecks(state: collector.state, logs: logDir)
    var output = Output()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      output.append(bytes: try encoder.encode(checks))
      output.append("\n")
    } else {
      for line in DoctorReport.lines(checks, isColored: coloring.color.isOn) {
        output.append(line + "\n")
      }
    }
    output.flush()
    if checks.contains(where: { $0.state == .fail }) { throw ExitCode(1) }
  }
}

/// The checks for people.
enum DoctorReport {
  static func lines(_ checks: [Check], isColored: Bool) -> [String] {
    let width = checks.map(\.name.count).max() ?? 0
    return checks.flatMap { check in
      let mark = color(check.state).paint(
        check.state == .ok ? "ok  " : check.state.rawValue, if: isColored)
      let name = check.name + String(repeating: " ", count: width - check.name.count)
      let line = "\(mark)  \(name)  \(escaped(check.detail))"
      let margin = String(repeating: " ", count: width + 8)
      return [line] + (check.cure.map { ["\(margin)→ \(escaped($0))"] } ?? [])
    }
  }

  private static func color(_ state: Check.State) -> Color {
    switch state {
    case .ok: .green
    case .warn: .yellow
    case .fail: .red
    }
  }
}
