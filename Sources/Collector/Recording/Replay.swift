import CNestaudit
import Glibc
public import Logging
public import Recording
internal import AuditRecords

/// Runs a recording through the pipeline that it came from, with other rules or the same.
public struct Replay: ~Copyable {
  /// What came of it.
  public struct Summary: Sendable {
    /// Where the recording is from.
    public let origin: RecordingHeader.Origin
    /// Events that were replayed.
    public fileprivate(set) var events: UInt64 = 0
    /// Events that the recorder was too slow for: they are in no log.
    public fileprivate(set) var leftOut: UInt64 = 0
    /// Events that the kernel's side lost while it was recorded.
    public fileprivate(set) var lost: UInt64 = 0
    /// Names of opens of which the recording does not say whether the kernel took them.
    public fileprivate(set) var unknownNames: UInt64 = 0
    /// Paths of rules of which the recording does not say where they lead.
    public fileprivate(set) var unknownPaths: [String] = []
    /// By name: what each daemon has written.
    public fileprivate(set) var daemons: [(name: String, log: String, records: UInt64)] = []
  }

  private var reader: RecordingReader
  private let configuration: CollectorConfiguration
  private let replayed: Replayed
  private let logger: Logger
  private let writers: LogWriters
  private var pipeline: ReplayPipeline?
  private var summary: Summary
  private var clock: Int64 = 0
  private var untilSubmit = Replay.batch

  /// So many entries are taken before what they have come to is handed to the logs.
  private static let batch = 1024
  /// With as many records waiting for the disk it is waited for.
  private static let mostWaiting = 1 << 17

  /// Opens a recording.
  /// - Parameter configuration: whose daemons write to directories below its log directory.
  public init(
    of path: String, _ configuration: CollectorConfiguration, logger: Logger
  ) throws(RecordingError) {
    try self.init(of: path, configuration, logger: logger, writers: LogWriters())
  }

  /// - Parameter writers: their threads stay: whoever replays much uses the same ones again.
  init(
    of path: String, _ configuration: CollectorConfiguration, logger: Logger, writers: LogWriters
  ) throws(RecordingError) {
    self.writers = writers
    reader = try RecordingReader(path: path)
    let origin = reader.header.origin
    KernelRelease.assume(origin.kernel)
    self.configuration = configuration
    self.logger = logger
    replayed = Replayed(origin)
    summary = Summary(origin: origin)
  }

  /// Replays it to its end.
  /// - Throws: `RecordingError` if it is damaged: what comes before is in the logs then. Or why these cannot be written.
  public mutating func run() throws -> Summary {
    let result = Result { try takeAll() }
    if let pipeline {
      let (unwritten, failure) = pipeline.daemons.close()
      summary.daemons = replayed.ended.map { ($0.name, $0.log.path, $0.log.written) }
      summary.daemons += pipeline.logs
      if unwritten > 0 { throw CollectorError(failure ?? "\(unwritten) records are not written") }
    }
    try result.get()
    summary.unknownNames = replayed.unknownChecks
    summary.unknownPaths = replayed.unknownPaths.sorted()
    return summary
  }

  private mutating func takeAll() throws {
    while let entry = try reader.nextEntry() {
      try take(entry)
      untilSubmit -= 1
      if untilSubmit == 0 { try submit() }
    }
    try start()
  }

  private mutating func take(_ entry: RecordingReader.Entry) throws {
    var fields = entry.fields
    switch entry.kind {
    case .clock:
      clock = try fields.number()
      guard RecordingHeader.times.contains(clock / 1_000_000_000) else {
        throw fields.damaged("a clock")
      }
      pipeline?.setClock(clock)
      try fields.finish()
    case .daemon: try replayed.takeDaemon(&fields)
    case .names: try replayed.takeNames(&fields)
    case .watches:
      let contid = try replayed.takeWatch(&fields)
      pipeline?.daemons.watches.follow(replayed: contid)
    case .nameCheck: try replayed.takeNameCheck(&fields)
    case .capabilities: try replayed.takeCapabilities(&fields)
    case .loader: try replayed.takeLoader(&fields)
    case .ownRecord: try replayed.takeOwnRecord(&fields)
    case .ownRecordHere:
      try replayed.takeOwnRecord(&fields)
      try start()
      pipeline!.takeOwnRecord()
    case .container, .member, .settled, .withdrawn, .renamed, .ended:
      try start()
      try pipeline!.takeContainer(entry)
    case .titles:
      try start()
      try pipeline!.takeTitles(entry)
    case .verdicts:
      try start()
      try pipeline!.takeVerdicts(entry)
    case .event:
      try start()
      try pipeline!.take(entry)
    case .end:
      summary.events = try fields.number()
      summary.leftOut = try fields.number()
      summary.lost = try fields.number()
      try fields.finish()
    }
  }

  /// The daemons begin once it is known how far those were that were recorded.
  private mutating func start() throws {
    guard pipeline == nil else { return }
    pipeline = try ReplayPipeline(configuration, replayed, logger: logger, writers: writers)
    pipeline!.setClock(clock)
  }

  private mutating func submit() throws {
    untilSubmit = Self.batch
    guard let daemons = pipeline?.daemons else { return }
    daemons.submit()
    var waiting = daemons.waiting
    while waiting.records > Self.mostWaiting, waiting.failure == nil {
      usleep(1000)
      waiting = daemons.waiting
    }
    if let failure = waiting.failure { throw CollectorError(failure) }
  }
}

extension ReplayPipeline {
  /// What each daemon that goes on has written.
  fileprivate var logs: [(name: String, log: String, records: UInt64)] {
    daemons.all.map { ($0.name, $0.log.path, $0.log.written) }
  }
}
