import ArgumentParser
import Collector
import FoundationEssentials
import Glibc
import Logging
import Recording

/// `nestaudit replay`: a recording's events once more, by other rules or the same.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Write the logs that rules make of a recording.",
    discussion: """
      Runs what 'nestaudit record' has recorded through the collector's own pipeline. It needs no \
      root, no BPF and no collector, and looks at nothing of this machine: the same recording and the \
      same configuration make the same logs, byte for byte, and with the configuration that was in force \
      those that the collector wrote meanwhile, with their serial numbers.

      A log has neither limits nor predecessors here: -b, log_quota, max_log_file and log_file do not \
      count. -r does. A path of a rule is found only if a rule that was in force named it too; what is \
      missing is said.

      Exit status: 0 everything was replayed, 1 otherwise, 2 wrong usage. See also \
      nestaudit-replay(8).
      """)

  @Argument(help: ArgumentHelp("The recording.", valueName: "file"))
  var file: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The configuration, as /etc/nestaudit is one; the embedded default if nothing says otherwise.",
      valueName: "dir"))
  var config: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where the logs go, as NAME/audit.log: an empty directory, or one to be made.",
      valueName: "dir"))
  var logDir: String

  @Flag(name: .long, help: "Print what came of it as one JSON object.")
  var json = false

  func run() throws {
    LoggingSystem.bootstrap { label in
      var handler = StreamLogHandler.standardError(label: label)
      handler.logLevel = .error
      return handler
    }
    let configuration = try loadConfiguration()
    let summary: Replay.Summary
    do {
      var replay = try Replay(of: file, configuration, logger: Logger(label: "nestaudit"))
      try makeDirectory()
      summary = try replay.run()
    } catch let error as RecordingError {
      throw Failure("\(file) \(error)")
    }
    try report(summary)
  }

  private func loadConfiguration() throws -> CollectorConfiguration {
    let overrides = CollectorConfiguration.Overrides(
      stateDirectory: nil, logDirectory: nil, ringSize: nil, backend: nil)
    let configuration =
      try config.map {
        try CollectorConfiguration.load(directory: $0, overrides: overrides)
      } ?? CollectorConfiguration.standard()
    return try configuration.replayed(into: Self.absolute(logDir))
  }

  private static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    guard let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return String(cString: here) + "/" + path
  }

  /// What is there already would look as if it came from the recording.
  private func makeDirectory() throws {
    if mkdir(logDir, 0o700) == 0 { return }
    let code = errno
    guard code == EEXIST else {
      throw Failure("\(logDir): \(String(cString: strerror(code))); choose another --log-dir")
    }
    guard let directory = opendir(logDir) else {
      throw Failure("\(logDir): \(String(cString: strerror(errno))); choose another --log-dir")
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name == "." || name == ".." else {
        throw Failure("\(logDir) is not empty; give an empty directory, or a new one")
      }
    }
  }

  private func report(_ summary: Replay.Summary) throws {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      print(String(decoding: try encoder.encode(ReplayReport(summary)), as: UTF8.self))
    } else {
      print("replayed: \(counted(summary.events, "event"))")
      for daemon in summary.daemons {
        print("  \(escaped(daemon.log)): \(counted(daemon.records, "record"))")
      }
    }
    for text in remarks(summary) { complain(text) }
  }

  /// What is not in the logs, and why.
  private func remarks(_ summary: Replay.Summary) -> [String] {
    var remarks: [String] = []
    let only = summary.origin.only
    if !only.isEmpty {
      remarks.append("the recording is limited to \(only.joined(separator: ", "))")
    }
    if summary.lost > 0 {
      remarks.append("\(counted(summary.lost, "event")) had been lost before they were recorded")
    }
    if summary.leftOut > 0 {
      remarks.append("\(counted(summary.leftOut, "event")) came too fast to be recorded")
    }
    for path in summary.unknownPaths {
      remarks.append("where \(path) led is not recorded: rules find it by names alone")
    }
    return remarks
  }
}

/// What `replay --json` prints.
private struct ReplayReport: Encodable {
  struct Daemon: Encodable {
    let name: String
    let log: String
    let records: UInt64
  }

  let events: UInt64
  let leftOut: UInt64
  let lost: UInt64
  let unknownNames: UInt64
  let unknownPaths: [String]
  let daemons: [Daemon]
  let kernel: String
  let machine: String
  let backend: String
  let began: Int64
  let only: [String]

  init(_ summary: Replay.Summary) {
    events = summary.events
    leftOut = summary.leftOut
    lost = summary.lost
    unknownNames = summary.unknownNames
    unknownPaths = summary.unknownPaths
    daemons = summary.daemons.map { Daemon(name: $0.name, log: $0.log, records: $0.records) }
    kernel = summary.origin.kernel
    machine = summary.origin.machine
    backend = summary.origin.backend
    began = summary.origin.began
    only = summary.origin.only
  }
}
