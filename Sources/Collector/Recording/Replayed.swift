internal import AuditRecords
internal import AuditRules
import CNestaudit
internal import Containers
internal import Recording

/// What a recording has said so far of all that is not in events. Lives on the thread that replays.
final class Replayed {
  /// Where the recording is from.
  let origin: RecordingHeader.Origin
  /// The time of what is replayed.
  var now: EventTime
  /// By file, whichever was said last.
  var capabilities: [CapabilityFile: FileCapabilities?] = [:]
  var loaders: [ElfInterpreter.File: [UInt8]] = [:]
  /// Names that the recording does not know to be those of the files that were opened, nor not to be.
  private(set) var unknownChecks: UInt64 = 0
  /// Paths of rules, each with its container's contid, of which the recording does not say where they lead.
  private(set) var unknownPaths: Set<String> = []

  /// The logs of daemons that have ended.
  private(set) var ended: [(name: String, log: DaemonLog)] = []

  private var nameChecks: [Moment: Bool] = [:]
  private var watches: [UInt64: [WatchPath: RecordedWatch]] = [:]
  private var namesByContid: [UInt64: RecordedNames] = [:]
  private var states: [String: (serial: UInt64, pace: (second: Int64, records: Int))] = [:]
  private var ownRecords: [String: [RecordedLines]] = [:]
  /// Numbers of the daemons whose own records are in the recording.
  private var known: Set<UInt32> = []

  private struct Moment: Hashable {
    let task: UInt32
    let time: UInt64
  }

  init(_ origin: RecordingHeader.Origin) {
    self.origin = origin
    now = EventTime(nanoseconds: 1_000_000_000 * origin.began)
  }

  // MARK: Answers

  /// What was found out about the name of an event.
  func confirms(_ header: event_header) -> Bool {
    if let known = nameChecks[Moment(task: header.task, time: header.time)] { return known }
    unknownChecks += 1
    return false
  }

  /// Where a path of a rule has led; nil if that is not known.
  func watch(_ path: WatchPath, of contid: UInt64) -> RecordedWatch? {
    let known = watches[contid] ?? [:]
    let other = WatchPath(path: path.path, below: !path.below, follows: path.follows)
    if let found = known[path] ?? known[other] {
      unknownPaths.remove(path.path)
      return found
    }
    unknownPaths.insert(path.path)
    return nil
  }

  /// The names in a container, 0 being the host: they stay there, while the names behind them change.
  func names(of contid: UInt64) -> UnsafePointer<IDNames> {
    let names = namesByContid[contid] ?? RecordedNames()
    namesByContid[contid] = names
    return UnsafePointer(names.names)
  }

  // MARK: Daemons

  /// Whether a daemon's own records are in the recording: then it makes none itself.
  func knows(_ daemon: Daemon) -> Bool { known.contains(daemon.number) }

  /// Has a daemon go on where it was, or begin as the recording has it, or as it would have.
  func begin(_ daemon: Daemon, at born: EventTime?) {
    if let state = states.removeValue(forKey: daemon.name) {
      known.insert(daemon.number)
      daemon.resume(serial: state.serial, pace: state.pace)
    } else if ownRecords[daemon.name] != nil {
      known.insert(daemon.number)
      writeOwn(daemon)
    } else {
      daemon.write(
        .start(
          version: origin.program, kernel: origin.kernel,
          .init(auid: NamespaceView.unsetID, uid: 0, session: .max, pid: 0)), at: born ?? now)
    }
  }

  /// A daemon has ended.
  func end(_ daemon: Daemon) { ended.append((daemon.name, daemon.log)) }

  /// Writes what the recording has of a daemon's own records at this place.
  func writeOwn(_ daemon: Daemon) {
    for lines in ownRecords.removeValue(forKey: daemon.name) ?? [] { daemon.write(replayed: lines) }
  }

  /// What was said for what has just been replayed counts no more.
  func endStep(_ daemons: [String: Daemon]) {
    if !ownRecords.isEmpty {
      for name in ownRecords.keys.sorted() {
        if let daemon = daemons[name], knows(daemon) { writeOwn(daemon) }
      }
      ownRecords.removeAll()
    }
    if !nameChecks.isEmpty { nameChecks.removeAll(keepingCapacity: true) }
  }

  // MARK: Entries

  /// As many are remembered of each kind: a recording has no more unless somebody has made it up.
  private static let most = 1 << 20

  func takeNameCheck(_ fields: inout FieldReader) throws(RecordingError) {
    let moment = Moment(task: try fields.number(), time: try fields.number())
    guard nameChecks.count < Self.most else { throw fields.damaged("too many names") }
    nameChecks[moment] = try fields.flag()
  }

  func takeCapabilities(_ fields: inout FieldReader) throws(RecordingError) {
    let (file, found) = try fields.capabilities()
    if capabilities.count >= Self.most { capabilities.removeAll() }
    capabilities[file] = .some(found)
  }

  func takeLoader(_ fields: inout FieldReader) throws(RecordingError) {
    let (file, name) = try fields.loader()
    if loaders.count >= Self.most / 16 { loaders.removeAll() }
    loaders[file] = name
  }

  /// - Returns: the contid of the container whose path it is.
  func takeWatch(_ fields: inout FieldReader) throws(RecordingError) -> UInt64 {
    let (contid, path, object) = try fields.watch()
    guard watches.count < Self.most / 16, watches[contid]?.count ?? 0 < Self.most / 16 else {
      throw fields.damaged("too many paths")
    }
    watches[contid, default: [:]][path] = object
    return contid
  }

  func takeNames(_ fields: inout FieldReader) throws(RecordingError) {
    let contid: UInt64 = try fields.number()
    guard namesByContid.count < Self.most / 16 else { throw fields.damaged("too many names") }
    let names = namesByContid[contid] ?? RecordedNames()
    namesByContid[contid] = names
    try names.take(&fields)
  }

  func takeDaemon(_ fields: inout FieldReader) throws(RecordingError) {
    let name = try fields.text()
    let serial: UInt64 = try fields.number()
    let second: Int64 = try fields.number()
    let records: UInt64 = try fields.number()
    guard serial < 1 << 62, records < 1 << 32, states.count < Self.most else {
      throw fields.damaged("a daemon")
    }
    states[name] = (serial, (second, Int(records)))
  }

  func takeOwnRecord(_ fields: inout FieldReader) throws(RecordingError) {
    let name = try fields.text()
    let lines = try RecordedLines(&fields)
    guard ownRecords.count < Self.most else { throw fields.damaged("too many records") }
    ownRecords[name, default: []].append(lines)
  }

  /// A container has ended: nothing of it is asked for any more.
  func forget(_ contid: UInt64) {
    watches[contid] = nil
    namesByContid[contid] = nil
  }
}
