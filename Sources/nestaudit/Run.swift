import ArgumentParser
import Capture
import Collector
import Control
import Glibc
import Logging

/// `nestaudit run`: the collector, in the foreground.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Audit the host and its containers, in the foreground.",
    discussion: """
      Without --config, and without /etc/nestaudit, the host and every container get a daemon with \
      a small default ruleset.

      SIGTERM and SIGINT write everything that was captured, then end. SIGHUP reads the \
      configuration again, as 'nestaudit reload' does, which says what came of it.

      Exit status: 0 when everything captured was written, 1 otherwise, 2 wrong usage. See also \
      nestaudit-run(8).
      """)

  @Option(
    name: .long,
    help: ArgumentHelp("The configuration; /etc/nestaudit if there is one.", valueName: "dir"))
  var config: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the lock and the control socket are; \(StateDirectory.standardPath) if nothing says otherwise.",
      valueName: "dir"))
  var state: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the logs are, as NAME/audit.log; /var/log/nestaudit if nothing says otherwise.",
      valueName: "dir"))
  var logDir: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The buffer between kernel and collector, a power of two from 64K to 1G; 32M if nothing says otherwise.",
      valueName: "size"))
  var ringSize: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "How files behind names are known: hooks, tracepoints, or auto, which takes hooks where the kernel has them.",
      valueName: "name"))
  var backend: String?

  func run() throws {
    guard geteuid() == 0 else {
      throw Failure("run needs root, outside of a container; try 'sudo nestaudit run'")
    }
    LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
    let load = load
    let configuration = try load()
    let directory = try StateDirectory(path: configuration.stateDirectory)
    let began = Int64(time(nil))

    let collector = try Collector(
      configuration: configuration, logger: Logger(label: "nestaudit"), reload: load)
    let mailbox = collector.mailbox
    let server = try ControlServer.start(
      state: directory, answers: ControlAnswers(mailbox, began: began))
    let unwritten = collector.run {
      print("nestaudit: ready, logs in \(escaped(configuration.logDirectory))")
      fflush(nil)
      ServiceManager.notify("READY=1")
    }
    server.stop()
    if unwritten > 0 { throw Failure("\(unwritten) records could not be written to their logs") }
  }

  /// Reads the configuration that the command line names, on any thread.
  private var load: @Sendable () throws(ConfigurationError) -> CollectorConfiguration {
    { [config, state, logDir, ringSize, backend] () throws(ConfigurationError) in
      try CollectorConfiguration.load(
        directory: config,
        overrides: .init(
          stateDirectory: state, logDirectory: logDir, ringSize: ringSize, backend: backend))
    }
  }
}
