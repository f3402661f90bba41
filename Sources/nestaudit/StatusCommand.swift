import ArgumentParser
import Control
import FoundationEssentials

/// `nestaudit status`: the settings and books of daemons.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show what 'auditctl -s' shows of a daemon, and what became of its events.",
    discussion: """
      Without NAME it shows every daemon that you may see: on the host all of them, in a container \
      its own and those of the containers in it.

      captured = written + filtered + waiting + the lost_… lines, always. filtered: no rule wanted \
      it. waiting: not on the disk yet. lost_ring_full: the kernel's buffer was full; give \
      --ring-size. lost_backlog, lost_rate: -b, -r. lost_log: the log cannot be written.

      Exit status: 0 shown, 1 no such daemon or no collector, 2 wrong usage, 4 not permitted. See \
      also nestaudit-status(8).
      """)

  @Argument(help: ArgumentHelp("A daemon, as 'nestaudit ps' names it.", valueName: "name"))
  var name: String?

  @Flag(name: .long, help: "Print an array of all that as JSON.")
  var json = false

  @OptionGroup var collector: CollectorOption

  func run() throws {
    let reply = try ControlClient.reports(of: name, state: collector.state)
    if let error = reply.error {
      complain(error)
      throw ExitCode(reply.isDenied ? 4 : 1)
    }
    var output = Output()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      output.append(bytes: try encoder.encode(reply.daemons.map(StatusObject.init)))
      output.append("\n")
    } else {
      let texts = reply.daemons.map { report in
        StatusText.lines(report).map { $0 + "\n" }.joined()
      }
      output.append(texts.joined(separator: "\n"))
    }
    output.flush()
  }
}

/// A daemon in lines: "name value", as auditctl prints them.
enum StatusText {
  static func lines(_ report: DaemonReport) -> [String] {
    let books = report.books
    let counts = [
      ("captured", books.captured), ("written", books.written), ("filtered", books.filtered),
      ("waiting", books.waiting),
    ]
    return ["daemon \(escaped(report.daemon))"]
      + report.settings.map { "\($0.name) \($0.value)" + ($0.note.map { " \($0)" } ?? "") }
      + counts.map { "\($0) \($1)" }
      + books.losses.sorted { $0.key < $1.key }.map { "lost_\(escaped($0.key)) \($0.value)" }
      + ["parts_lost \(books.parts)"]
  }
}

/// The same for programs.
struct StatusObject: Encodable {
  let daemon: String
  let settings: [String: Int]
  let books: EventBooks

  init(_ report: DaemonReport) {
    daemon = report.daemon
    settings = Dictionary(report.settings.map { ($0.name, $0.value) }) { first, _ in first }
    books = report.books
  }
}
