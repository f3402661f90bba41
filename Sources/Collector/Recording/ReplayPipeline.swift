internal import AuditRecords
import CNestaudit
internal import Capture
internal import Containers
import Logging
internal import Recording

/// The collector's own pipeline, from the ring's events to the logs, without a kernel: what is learned elsewhere comes from a recording.
struct ReplayPipeline {
  private let capture: Capture
  let daemons: DaemonTable
  let containers: ContainerTable
  private let dispatcher: Dispatcher
  private let replayed: Replayed
  /// Nanoseconds from the time of events to the wall clock's.
  private var offset: Int64 = 0
  private var endedContainers = 0

  init(
    _ configuration: CollectorConfiguration, _ replayed: Replayed, logger: Logger,
    writers: LogWriters
  ) throws {
    self.replayed = replayed
    let outside = Outside(replayed: replayed)
    capture = Capture(detached: Backend(rawValue: replayed.origin.backend) ?? .tracepoints)
    daemons = try DaemonTable(
      configuration: configuration, capture: capture, ledger: Ledger(nil), logger: logger,
      outside: outside, writers: writers)
    containers = ContainerTable(
      capture: capture, daemons: daemons, hierarchy: .absent,
      limits: ContainerLimits(depth: .max, inner: .max), logger: logger, outside: outside)
    dispatcher = Dispatcher(
      capture: capture, daemons: daemons, containers: containers,
      containment: Containment(
        daemons: daemons, freezer: CgroupFreezer(.absent), credits: capture.credits,
        stateDirectory: "/proc/self/nowhere", ringSize: 0, logger: logger),
      outside: outside)
    try containers.startHost()
  }

  mutating func setClock(_ offset: Int64) {
    self.offset = offset
    dispatcher.beginBatch(replayedAt: offset)
  }

  /// Takes an event, if it is one.
  func take(_ entry: RecordingReader.Entry) throws(RecordingError) {
    let bytes = entry.payload
    func damaged(_ what: String) -> RecordingError { .damaged(at: entry.offset, what) }
    guard bytes.count >= MemoryLayout<event_header>.size else { throw damaged("an event") }
    let header = bytes.loadUnaligned(as: event_header.self)
    let seconds = (Int64(truncatingIfNeeded: header.time >> 1) &+ offset / 2) / 500_000_000
    guard Int(header.size) == bytes.count, header.size % 8 == 0,
      header.time < 1 << 62, RecordingHeader.times.contains(seconds), header.task <= Self.lastTask,
      dispatcher.knownTasks < Self.mostTasks
    else { throw damaged("an event") }
    switch UInt32(header.type) {
    case EVENT_CONTAINER.rawValue, EVENT_CGROUP.rawValue:
      // What the collector has made of it has an entry of its own.
      break
    default:
      if let held = containers.entry(of: header).takeUnretainedValue().held,
        !held.hasRoom(for: bytes.count)
      {
        throw damaged("more events of a container than are held")
      }
      dispatcher.handle(bytes)
    }
    replayed.endStep(daemons.instances)
  }

  /// include/linux/threads.h, PID_MAX_LIMIT
  private static let lastTask: UInt32 = 4 << 20
  private static let mostTasks = 1 << 20

  /// Takes an entry that tells of a container.
  mutating func takeContainer(_ entry: RecordingReader.Entry) throws(RecordingError) {
    var fields = entry.fields
    switch entry.kind {
    case .container: try containers.replayContainer(&fields)
    case .member: try containers.replayMember(&fields)
    case .settled: try containers.replaySettled(&fields)
    case .withdrawn: try containers.replayWithdrawn(&fields)
    case .renamed: try containers.replayRenamed(&fields)
    case .ended:
      replayed.forget(try containers.replayEnded(&fields, replayed))
      endedContainers += 1
      // Nobody uses what was given back, but it must not pile up.
      if endedContainers % 256 == 0 { daemons.policies.freeRetired() }
    default: break
    }
    try fields.finish()
    replayed.endStep(daemons.instances)
  }

  /// Goes on with titles that were kept before the recording began.
  func takeTitles(_ entry: RecordingReader.Entry) throws(RecordingError) {
    var fields = entry.fields
    let task: UInt32 = try fields.number()
    let told = try fields.list { field throws(RecordingError) in try field.text() }
    let kept = try fields.list { field throws(RecordingError) in
      (try field.text(), Array(try field.data()))
    }
    try fields.finish()
    dispatcher.processes.restore(
      titles: kept.compactMap { name, bytes in
        daemons.instances[name].map { KeptTitle(daemon: $0.number, bytes: bytes) }
      }, told: told.compactMap { daemons.instances[$0]?.number }, of: task)
  }

  /// Goes on with what task lists said before, for daemons that have some.
  func takeVerdicts(_ entry: RecordingReader.Entry) throws(RecordingError) {
    var fields = entry.fields
    let task: UInt32 = try fields.number()
    let said = try fields.list { field throws(RecordingError) in
      (name: try field.text(), isAlways: try field.flag(), key: try field.optionalText())
    }
    try fields.finish()
    dispatcher.forks.restore(
      said.compactMap { said in
        guard let daemon = daemons.instances[said.name], daemon.ruleset.compiled.hasTaskRules
        else { return nil }
        return (daemon, said.isAlways, said.key.map { StableBytes($0) })
      }, of: task)
  }

  /// Writes records of daemons' own that stand alone.
  func takeOwnRecord() { replayed.endStep(daemons.instances) }
}
