internal import CNestaudit

/// Why an event was lost.
enum LossCause: Int, CaseIterable, Sendable {
  /// The ring buffer was full.
  case ringFull
  /// The kernel had no memory for what is known of the task.
  case noMemory
  /// The ring had refused what is known of its task.
  case unknownTask
  /// The kernel's table of losses was full, or another version has left the event in its ring: whose it was is not
  /// known.
  case uncounted
  /// Its records did not fit into the backlog: `-b`.
  case backlog
  /// So many records had been written in that second: `-r`, `max_rate`.
  case rate
  /// The logs had as many bytes as they may: `log_quota`.
  case logQuota
  /// The backlog was full, since the log could not be written.
  case log

  /// As records, `status` and `ps --json` name it.
  var name: String {
    switch self {
    case .ringFull: "ring_full"
    case .noMemory: "no_memory"
    case .unknownTask: "unknown_task"
    case .uncounted: "uncounted"
    case .backlog: "backlog"
    case .rate: "rate"
    case .logQuota: "log_quota"
    case .log: "log"
    }
  }

  /// What the kernel's side tells; nil for the part of an event that is told without it.
  init?(_ cause: UInt32) {
    switch cause {
    case LOSS_PART.rawValue: return nil
    case LOSS_NO_STORAGE.rawValue: self = .noMemory
    default: self = .ringFull
    }
  }
}

/// A number for each cause.
typealias LossCounts = SIMD8<UInt64>

extension LossCounts {
  var sum: UInt64 { wrappedSum() }

  /// Those that are not 0, by their names.
  var named: [(name: String, events: UInt64)] {
    LossCause.allCases.compactMap { self[$0.rawValue] > 0 ? ($0.name, self[$0.rawValue]) : nil }
  }
}

/// What has become of events, each of which is counted once: what was captured is filtered, taken or lost.
///
/// Of a daemon these are the events that the kernel's side passed on for it, or would have; of a container, all that came
/// from it. Plain numbers: they are counted for every event.
struct Books: Sendable, Equatable {
  private(set) var captured: UInt64 = 0
  /// No rule wanted them.
  private(set) var filtered: UInt64 = 0
  /// Put into the log's queue; of a container, into that of each daemon that was to have them.
  private(set) var taken: UInt64 = 0
  /// Wanted, and not put there.
  private(set) var losses = LossCounts()
  /// What belongs to an event and was refused by the ring: the event itself is told without it, or was lost too.
  private(set) var parts: UInt64 = 0

  var lost: UInt64 { losses.sum }

  /// Begins with an event, of which one of the three below is to be said.
  @inline(__always)
  mutating func capture() { captured &+= 1 }

  @inline(__always)
  mutating func filter() { filtered &+= 1 }

  @inline(__always)
  mutating func take() { taken &+= 1 }

  @inline(__always)
  mutating func lose(_ cause: LossCause) { losses[cause.rawValue] &+= 1 }

  /// Counts events that never came.
  mutating func miss(_ events: UInt64, _ cause: LossCause) {
    captured &+= events
    losses[cause.rawValue] &+= events
  }

  mutating func missParts(_ parts: UInt64) { self.parts &+= parts }

  /// Ends an event of a container, of which daemons have been asked.
  mutating func close(_ outcome: EventOutcome) {
    if let loss = outcome.loss {
      lose(loss)
    } else if outcome.isTaken {
      take()
    } else {
      filter()
    }
  }
}

/// What has become of one event, among all daemons.
struct EventOutcome {
  /// Some daemon has it.
  var isTaken = false
  /// Why the first daemon that missed it did; nil if each has it that was to.
  var loss: LossCause?
}

/// Books at one moment.
public struct BooksSnapshot: Sendable {
  /// Events; the sum of the four below.
  public let captured: UInt64
  /// In the logs: written to the file, or by a container's daemons taken to be written.
  public let written: UInt64
  /// Events that no rule wanted.
  public let filtered: UInt64
  /// Events that wait: of a daemon for the disk, of a container until its daemons are known.
  public let waiting: UInt64
  /// Events that were wanted and are not to be had, by cause; every cause, in the order of their ways.
  public let losses: [(cause: String, events: UInt64)]
  /// What belongs to an event and was lost alone; no event is counted here.
  public let parts: UInt64

  /// - Parameters:
  ///   - queued: of the events that were taken, those that are not written yet.
  ///   - held: events that nothing was said of yet.
  init(_ books: Books, queued: UInt64 = 0, held: UInt64 = 0) {
    captured = books.captured &+ held
    written = books.taken &- queued
    filtered = books.filtered
    waiting = queued &+ held
    losses = LossCause.allCases.map { ($0.name, books.losses[$0.rawValue]) }
    parts = books.parts
  }
}

/// As they are kept for a collector that takes over.
extension Books {
  /// What one has left.
  init(_ counts: kept_counts) {
    self.init()
    captured = counts.captured
    filtered = counts.filtered
    taken = counts.taken
    losses = LossCounts(counts.losses)
    parts = counts.parts
  }

  /// What the next one is to have.
  var kept: kept_counts {
    var counts = kept_counts()
    counts.captured = captured
    counts.filtered = filtered
    counts.taken = taken
    counts.losses = losses.kept
    counts.parts = parts
    return counts
  }
}

extension LossCounts {
  /// An array of C.
  typealias Kept = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  init(_ kept: Kept) {
    self.init(kept.0, kept.1, kept.2, kept.3, kept.4, kept.5, kept.6, kept.7)
  }

  var kept: Kept {
    (self[0], self[1], self[2], self[3], self[4], self[5], self[6], self[7])
  }
}
