import Control

/// What the collector sends of a log, shown.
struct TailInside: ~Copyable {
  /// How long an event may stay without its next record before it counts as complete.
  private static let quiet: Int32 = 100

  private let name: String
  private let filter: KeyFilter
  private let printer: TailPrinter
  private var assembler = EventAssembler()
  private var output = Output()

  init(name: String, filter: KeyFilter, printer: consuming TailPrinter) {
    self.name = name
    self.filter = filter
    self.printer = printer
  }

  /// Shows events as they come, until no more do.
  /// - Parameter count: only so many, the last ones; nil for all.
  mutating func show(_ source: consuming LineSource, last count: Int?) throws {
    var events: [TailEvent] = []
    while let lines = try source.next(milliseconds: assembler.hasOpenEvent ? Self.quiet : nil) {
      events += lines.compactMap { assembler.add($0) }.filter(filter.accepts)
      if lines.isEmpty, let open = assembler.finish(), filter.accepts(open) { events.append(open) }
      if let count {
        events = Array(events.suffix(count))
      } else {
        print(events)
        events = []
      }
    }
    if let open = assembler.finish(), filter.accepts(open) { events.append(open) }
    print(count.map { Array(events.suffix($0)) } ?? events)
  }

  private mutating func print(_ events: [TailEvent]) {
    for event in events { printer.print(event, of: name, to: &output) }
    output.flush()
  }
}
