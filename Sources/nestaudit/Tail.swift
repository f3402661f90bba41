import ArgumentParser
import Control

/// `nestaudit tail`: the last events of logs, and what is added to them.
struct TailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail", abstract: "Show the last events of daemons, or follow them.",
    discussion: """
      A NAME is that of a daemon, or of a container (or its contid), which means the daemons that \
      stand for it; 'host' is the host's daemon. Several logs are interleaved by time. In a container \
      there may be no NAME, which means its own daemon, or that of a daemon of what is nested in it.
      """)

  @Argument(help: ArgumentHelp("Daemons or containers.", valueName: "NAME"))
  var names: [String] = []

  @Flag(name: .shortAndLong, help: "Go on with what is added, through rotations.")
  var follow = false

  @Option(name: [.customShort("n"), .long], help: "Begin with that many events.")
  var lines = 10

  @Option(name: .shortAndLong, help: "Only events of rules with this key.")
  var key: String?

  @Flag(name: .long, help: "Print the log's lines as they are.")
  var raw = false

  @Flag(name: .shortAndLong, help: "Print records as 'ausearch -i' does.")
  var interpret = false

  @Flag(name: .long, help: "Print one JSON object an event.")
  var json = false

  @Option(
    name: .long,
    help: ArgumentHelp("Read DIR/NAME/audit.log without a collector.", valueName: "dir"))
  var logDir: String?

  @OptionGroup var collector: CollectorOption
  @OptionGroup var coloring: ColorOption

  func validate() throws {
    guard lines >= 0 else { throw ValidationError("-n takes a number of events, 0 or more") }
    guard !names.isEmpty || isInside else {
      throw ValidationError("say whose log; 'nestaudit ps' shows names")
    }
    guard [raw, interpret, json].filter({ $0 }).count <= 1 else {
      throw ValidationError("only one of --raw, -i and --json can be given")
    }
  }

  func run() throws {
    if isInside { return try runInside() }
    let sources = try findSources()
    var tail = try Tail(sources: sources, key: key, printer: printer(of: sources.map(\.name)))
    try tail.showLast(lines, mayWait: follow)
    while follow { try tail.showNext() }
  }

  private var isInside: Bool {
    logDir == nil && ControlClient.isInside(state: collector.state)
  }

  private func printer(of names: [String]) throws -> TailPrinter {
    try TailPrinter(
      format: json ? .json : raw ? .raw : interpret ? .interpreted : .summary,
      labels: TailLabels(names: names, isColored: coloring.color.isOn))
  }

  /// The log is where no container can open it: the collector sends it.
  private func runInside() throws {
    guard names.count <= 1 else { throw ValidationError("one log at a time within a container") }
    // With a key it is not known how many events lie before those that are wanted.
    let events = key == nil ? lines : TailRequest.mostEvents
    let source = try ControlClient.tail(
      TailRequest(daemon: names.first, events: events, follows: follow), state: collector.state)
    var tail = try TailInside(
      name: source.daemon, filter: KeyFilter(key: key), printer: printer(of: [source.daemon]))
    try tail.show(source, last: key == nil || follow ? nil : lines)
  }

  private func findSources() throws -> [TailSource] {
    if let logDir {
      return try TailNames.sources(names, directory: logDir, mayWait: follow)
    }
    return try TailNames.sources(names, in: ControlClient.status(state: collector.state))
  }
}

/// Which events are wanted: those with the key, or all.
struct KeyFilter {
  let key: String?

  func accepts(_ event: TailEvent) -> Bool { key.map(event.keys.contains) ?? true }
}

/// The logs that are shown, and how.
struct Tail: ~Copyable {
  /// How long an event may stay without its next record before it counts as complete.
  private static let quiet: Int32 = 100

  private struct Log {
    let source: TailSource
    var log: TailLog
    var assembler = EventAssembler()
  }

  typealias Found = (event: TailEvent, name: String)

  private var logs: [Log]
  private var watch: TailWatch
  private var output = Output()
  private let filter: KeyFilter
  private let printer: TailPrinter

  init(sources: [TailSource], key: String?, printer: consuming TailPrinter) throws {
    watch = try TailWatch(paths: sources.map(\.path))
    logs = sources.map { Log(source: $0, log: TailLog(path: $0.path)) }
    filter = KeyFilter(key: key)
    self.printer = printer
  }

  /// Shows the last `count` events of all logs together.
  mutating func showLast(_ count: Int, mayWait: Bool) throws {
    var found: [Found] = []
    for index in logs.indices {
      let name = logs[index].source.name
      let last = try logs[index].log.lastEvents(count, where: filter.accepts)
      found += last.map { ($0, name) }
      if !logs[index].log.isOpen {
        guard mayWait else { throw Failure("\(logs[index].source.path): no log yet") }
        complain("\(logs[index].source.path): no log yet, waiting for it")
      }
    }
    show(Self.inOrder(found).suffix(count))
  }

  /// Waits for something new and shows it.
  mutating func showNext() throws {
    let isOpen = logs.contains { $0.assembler.hasOpenEvent }
    let isNews = watch.wait(milliseconds: isOpen ? Self.quiet : nil)
    var found: [Found] = []
    for index in logs.indices {
      let name = logs[index].source.name
      let lines = try logs[index].log.newLines()
      found += lines.compactMap { logs[index].assembler.add($0) }.map { ($0, name) }
      if !isNews && lines.isEmpty, let last = logs[index].assembler.finish() {
        found.append((last, name))
      }
    }
    let filter = filter
    show(Self.inOrder(found.filter { filter.accepts($0.event) })[...])
  }

  private mutating func show(_ found: ArraySlice<Found>) {
    for (event, name) in found { printer.print(event, of: name, to: &output) }
    output.flush()
  }

  /// By time; what happened at the same time, and what one log has, stays in the log's order.
  static func inOrder(_ found: [Found]) -> [Found] {
    found.enumerated().sorted { left, right in
      let (a, b) = (left.element.event.stamp, right.element.event.stamp)
      if (a.seconds, a.milliseconds) != (b.seconds, b.milliseconds) {
        return (a.seconds, a.milliseconds) < (b.seconds, b.milliseconds)
      }
      return left.offset < right.offset
    }.map(\.element)
  }
}
