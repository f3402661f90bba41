public import Foundation

/// A running `nestaudit run` with state and logs of its own.
public final class RunningCollector {
  /// Its state directory.
  public let state: URL
  /// The directory of its daemons' logs.
  public let logs: URL
  private let program: Program

  /// Starts one and waits until it is ready. Without a configuration it runs on its default.
  /// - Parameters:
  ///   - isAwaited: false: it is not waited for.
  ///   - leadsSession: as a service does.
  public init(
    in area: URL, configuration: Configuration? = nil, options: [String] = [],
    limit: Duration = .seconds(20), isAwaited: Bool = true, leadsSession: Bool = true
  ) throws {
    state = area.appending(path: "state")
    logs = area.appending(path: "log")
    var arguments = ["run", "--state", state.path, "--log-dir", logs.path]
    if let configuration { arguments += ["--config", configuration.directory.path] }
    let command = (leadsSession ? ["setsid"] : []) + [Machine.product("nestaudit")]
    program = try Program(command[0], command.dropFirst() + arguments + options)
    if isAwaited { try awaitReady(limit: limit) }
  }

  /// Waits until it is ready.
  public func awaitReady(limit: Duration = .seconds(20)) throws {
    try wait(for: "the collector", limit: limit) {
      guard program.isRunning else {
        throw SupportError(
          "the collector ended with \(try program.finish().status): \(program.written)")
      }
      return program.written.contains("ready")
    }
  }

  /// Runs `body` with a collector, which is stopped afterwards and must then end with 0.
  @discardableResult
  public static func with<Value>(
    in area: URL, configuration: Configuration? = nil, options: [String] = [],
    limit: Duration = .seconds(20), _ body: (RunningCollector) throws -> Value
  ) throws -> Value {
    let collector = try RunningCollector(
      in: area, configuration: configuration, options: options, limit: limit)
    let value: Value
    do {
      value = try body(collector)
    } catch {
      _ = try? collector.stop()
      throw SupportError("\(error); the collector wrote: \(collector.written)")
    }
    let result = try collector.stop()
    guard result.status == 0 else {
      throw SupportError("the collector ended with \(result.status): \(result.errors)")
    }
    return value
  }

  deinit {
    // A stopped process would not see SIGTERM; Program kills it in the end.
    program.signal(SIGCONT)
    guard program.isRunning else { return }
    // What a killed one leaves would go on for ever.
    try? kill()
    _ = try? Program.run(Machine.product("nestaudit"), ["unload", "--state", state.path])
  }

  /// Kills it, as nothing can be prepared for.
  public func kill() throws {
    program.signal(SIGKILL)
    _ = try program.finish()
  }

  /// Its process identifier.
  public var pid: pid_t { program.pid }

  /// Whether it has not ended.
  public var isRunning: Bool { program.isRunning }

  /// What it printed so far.
  public var written: String { program.written }

  /// Has it read its configuration again, which it must accept, and waits until it has.
  public func reload(limit: Duration = .seconds(20)) throws {
    let before = program.count(of: Self.accepted)
    let refused = program.count(of: Self.refused)
    program.signal(SIGHUP)
    try wait(for: "the collector to read its configuration", limit: limit) {
      guard program.isRunning, program.count(of: Self.refused) == refused else {
        throw SupportError("the configuration was not accepted")
      }
      return program.count(of: Self.accepted) > before
    }
  }

  /// Has it read its configuration again, which it must refuse; what it wrote since.
  public func refusedReload(limit: Duration = .seconds(20)) throws -> String {
    let before = program.count(of: Self.refused)
    let written = program.written.count
    program.signal(SIGHUP)
    try wait(for: "the collector to refuse its configuration", limit: limit) {
      program.count(of: Self.refused) > before
    }
    return String(program.written.dropFirst(written))
  }

  private static let accepted = "configuration read again"
  private static let refused = "configuration not changed"

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    program.signal(number)
  }

  /// Runs `body` while the collector stands still and the kernel's side goes on.
  @discardableResult
  public func whileSuspended<Value>(_ body: () throws -> Value) rethrows -> Value {
    program.signal(SIGSTOP)
    defer { program.signal(SIGCONT) }
    return try body()
  }

  /// Ends it by SIGTERM, whereupon it writes all that was captured.
  @discardableResult
  public func stop() throws -> Program.Result {
    program.signal(SIGCONT)
    program.signal(SIGTERM)
    return try program.finish()
  }

  /// The log of a daemon.
  public func log(of daemon: String) -> URL {
    logs.appending(path: "\(daemon)/audit.log")
  }

  /// The events in the log of a daemon that ends, or has ended, once all of them are there.
  public func events(ofEnded daemon: String) throws -> [AuditEvent] {
    try wait(for: "the end of \(daemon)") {
      try events(of: daemon).last?.records[0].type == "DAEMON_END"
    }
    return try events(of: daemon)
  }

  /// The events in a daemon's log when all that has happened is written: whoever answers has taken what is in the ring.
  public func settledEvents(of daemon: String) throws -> [AuditEvent] {
    try wait(for: "the logs") { try status().daemons.allSatisfy { $0.backlog == 0 } }
    return try events(of: daemon)
  }

  /// The events of a daemon's log; none if it does not exist.
  public func events(of daemon: String) throws -> [AuditEvent] {
    try AuditEvent.read(log(of: daemon))
  }

  /// What `nestaudit status NAME --json` says.
  public func report(on daemon: String) throws -> DaemonReport {
    let text = try Program.output(
      of: Machine.product("nestaudit"), ["status", daemon, "--json", "--state", state.path])
    let reports = try JSONDecoder().decode([DaemonReport].self, from: Data(text.utf8))
    guard reports.count == 1 else { throw SupportError("\(reports.count) daemons \(daemon)") }
    return reports[0]
  }

  /// Has a daemon do what auditctl's options say.
  @discardableResult
  public func control(_ daemon: String, _ options: String...) throws -> String {
    try Program.output(
      of: Machine.product("nestaudit"), ["ctl", daemon, "--state", state.path] + options)
  }

  /// What `nestaudit ps --json` says.
  public func status() throws -> CollectorStatus {
    let text = try Program.output(
      of: Machine.product("nestaudit"), ["ps", "--json", "--state", state.path])
    return try JSONDecoder().decode(CollectorStatus.self, from: Data(text.utf8))
  }
}

/// What `ps --json` and `status --json` say of events.
public struct EventBooks: Decodable, Equatable {
  /// The sum of the next four.
  public let captured: UInt64
  /// In the log.
  public let written: UInt64
  /// Wanted by no rule.
  public let filtered: UInt64
  /// Not yet in the log.
  public let waiting: UInt64
  /// Not to be had.
  public let lost: UInt64
  /// The same by cause.
  public let losses: [String: UInt64]

  /// Whether each event is in one of them.
  public var areBalanced: Bool {
    captured == written + filtered + waiting + lost && lost == losses.values.reduce(0, +)
  }
}

/// A daemon in `status --json`.
public struct DaemonReport: Decodable {
  /// Its name.
  public let daemon: String
  /// What `auditctl -s` says.
  public let settings: [String: Int]
  /// What became of its events.
  public let books: EventBooks
}

/// The part of `ps --json` that tests ask for.
public struct CollectorStatus: Decodable {
  /// A daemon.
  public struct Daemon: Decodable {
    /// Its name.
    public let name: String
    /// Number of its rules.
    public let rules: Int
    /// Records in its log.
    public let written: UInt64
    /// Events that it missed.
    public let lost: UInt64
    /// Records that wait for the disk.
    public let backlog: Int
    /// What became of its events.
    public let books: EventBooks
  }

  /// A container.
  public struct Container: Decodable {
    /// The id of its root cgroup.
    public let contid: UInt64
    /// What it is called.
    public let name: String
    /// What made it.
    public let runtime: String?
    /// Its image.
    public let image: String?
    /// Its pod.
    public let pod: String?
    /// Its labels.
    public let labels: [String: String]
    /// The contid of the container around it; nil on the host.
    public let parent: UInt64?
    /// The path of its root cgroup.
    public let cgroup: String
    /// The daemons that it is in scope of.
    public let daemons: [String]
    /// Why it stands still.
    public let frozen: String?
    /// What became of its events.
    public let books: EventBooks
    /// Its events that were captured.
    public var seen: UInt64 { books.captured }
    /// Its events that were not delivered.
    public var lost: UInt64 { books.lost }
    /// Events with a name that nothing confirms.
    public let unconfirmed: UInt64
    /// Its events in which something is missing that could not be read.
    public let unreadable: UInt64
  }

  /// Entries of the kernel's tables.
  public let tables: [String: Int]
  /// All daemons.
  public let daemons: [Daemon]
  /// All containers.
  public let containers: [Container]
}
