import ArgumentParser
import Collector
import Control

/// `nestaudit reload`: the running collector goes by its files as they are now.
struct ReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Have the running collector read its configuration again.",
    discussion: """
      Waits until it has, and says what came of it. If anything is wrong with the files, that is \
      said with file and line, and all rules stay as they were. 'nestaudit rules check FILE' finds \
      mistakes beforehand.

      The log of each daemon that changes names the asker: DAEMON_CONFIG, CONFIG_CHANGE. A daemon \
      whose rules have -e 2 keeps them, which is said.

      Exit status: 0 the collector goes by what the files say, 1 it goes on as before.
      """)

  @OptionGroup var collector: CollectorOption

  func run() throws {
    let reply = try ControlClient.reload(state: collector.state)
    for warning in reply.warnings { complain(warning) }
    guard let done = reply.done else {
      throw Failure("configuration not changed: \(reply.error ?? "no reason was given")")
    }
    print(escaped(done))
  }
}

extension ReloadReply {
  init(_ outcome: ReloadOutcome) {
    switch outcome {
    case .done(let daemons, let rules, let warnings):
      self.init(
        done: "configuration read again: \(counted(daemons, "daemon")), \(counted(rules, "rule"))",
        warnings: warnings)
    case .failed(let error): self.init(done: nil, error: error)
    }
  }
}

/// "1 rule", "2 rules".
func counted(_ number: some BinaryInteger, _ what: String) -> String {
  "\(number) \(what)\(number == 1 ? "" : "s")"
}
