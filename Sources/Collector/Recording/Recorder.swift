internal import AuditRecords
internal import AuditRules
import CNestaudit
internal import Containers
internal import Recording
import Glibc

/// Writes down what comes from the ring, and what the pipeline learns elsewhere, in the order in which replay needs it: what is learned
/// while an event is taken stands before the event. Lives on the drain thread, and never waits for whoever takes the recording away.
final class Recorder {
  /// Where the recording goes.
  let queue: RecordingQueue
  /// Limits it to some containers.
  private let filter: RecordingFilter?
  private var content: [UInt8] = []
  /// How many things are under way of which an entry will tell.
  private var depth = 0
  /// Whose they are.
  private var underWay: [ContainerEntry] = []
  private var clockOffset: Int64?
  private var capabilities: [CapabilityFile: FileCapabilities?] = [:]
  private var loaders: [ElfInterpreter.File: [UInt8]] = [:]
  /// Daemons of which all is recorded, where that is limited.
  private var ownDaemons: Set<String> = []
  private var events: UInt64 = 0
  private var leftOut: UInt64 = 0
  private var lastHandedOn = Clock.read(CLOCK_MONOTONIC)

  /// Somebody who reads slowly, or the other processor, gets what is recorded after so many nanoseconds at the latest.
  private static let longestStay: Int64 = 200_000_000
  /// What is known of files is written down again after so many: it takes memory here.
  private static let mostFiles = 65536

  init(_ queue: RecordingQueue, filter: RecordingFilter?) {
    self.queue = queue
    self.filter = filter
    content.reserveCapacity(RecordingBlock.mostContent)
  }

  // MARK: Entries

  /// The last entry, and what stands in front of both.
  private static let roomForEnd = 64

  private func add(_ kind: EntryKind, _ payload: UnsafeRawBufferPointer) {
    if content.count + payload.count + Self.roomForEnd > RecordingBlock.mostContent { handOn() }
    RecordingBlock.append(kind, payload, to: &content)
    if content.count >= RecordingBlock.fullContent { handOn() }
  }

  func add(_ kind: EntryKind, _ body: (inout FieldWriter) -> Void) {
    var writer = FieldWriter()
    body(&writer)
    writer.bytes.withUnsafeBytes { add(kind, $0) }
  }

  private func handOn(isLast: Bool = false) {
    lastHandedOn = Clock.read(CLOCK_MONOTONIC)
    guard !content.isEmpty else { return }
    queue.put(content, events: events, leftOut: leftOut, isLast: isLast)
    content.removeAll(keepingCapacity: true)
  }

  /// To be called now and then: hands on what would otherwise lie here.
  func handOnOld() {
    if Clock.read(CLOCK_MONOTONIC) - lastHandedOn > Self.longestStay { handOn() }
  }

  /// Ends the recording.
  /// - Parameter lost: events that the kernel's side could not deliver meanwhile.
  func finish(lost: UInt64) {
    var writer = FieldWriter()
    for count in [events, leftOut, lost] { writer.put(count) }
    // With what it does not fill: a block that is not empty has to be the last one.
    writer.bytes.withUnsafeBytes { RecordingBlock.append(.end, $0, to: &content) }
    handOn(isLast: true)
  }

  // MARK: Events

  /// Something begins of which an entry will tell when it is done.
  /// - Parameter entry: whose it is, if that is known.
  func begin(_ entry: ContainerEntry? = nil) {
    depth += 1
    if let entry { underWay.append(entry) }
  }

  /// An event was taken.
  func end(_ event: UnsafeRawBufferPointer, of entry: ContainerEntry) {
    depth -= 1
    if includes(entry) { take(event) }
  }

  /// Something else is done; with `body` there is an entry that tells of it.
  func end(
    _ kind: EntryKind, of entry: ContainerEntry, _ body: ((inout FieldWriter) -> Void)?
  ) {
    depth -= 1
    underWay.removeAll { $0 === entry }
    if let body, includes(entry) { add(kind, body) }
  }

  /// Writes an event down, unless whoever takes the recording away is too slow.
  func take(_ event: UnsafeRawBufferPointer) {
    guard event.count <= RecordingBlock.longestEntry else { return leftOut += 1 }
    let type = UInt32(event.loadUnaligned(as: event_header.self).type)
    let isCounted =
      type == EVENT_SYSCALL.rawValue || type == EVENT_REQUEST.rawValue
      || type == EVENT_OWN.rawValue || type == EVENT_USER.rawValue
    // What is said of tasks is needed for all that follows.
    if isCounted, !queue.hasRoom { return leftOut += 1 }
    if isCounted { events += 1 }
    add(.event, event)
  }

  /// Whether the recording has what comes from a container; of one that is not known yet it has all.
  func includes(_ entry: ContainerEntry) -> Bool {
    guard let filter else { return true }
    return entry.held != nil || filter.includes(entry)
  }

  // MARK: Clock, files and names

  func clock(_ offset: Int64) {
    guard offset != clockOffset else { return }
    clockOffset = offset
    add(.clock) { $0.put(offset) }
  }

  func nameCheck(_ header: event_header, in entry: ContainerEntry, isConfirmed: Bool) {
    guard includes(entry) else { return }
    add(.nameCheck) {
      $0.put(header.task)
      $0.put(header.time)
      $0.put(isConfirmed)
    }
  }

  func capabilities(_ file: CapabilityFile, in entry: ContainerEntry, _ found: FileCapabilities?) {
    guard includes(entry) else { return }
    if let known = capabilities[file], known == found { return }
    if capabilities.count >= Self.mostFiles { capabilities.removeAll() }
    capabilities[file] = .some(found)
    add(.capabilities) { $0.put(file, found) }
  }

  func loader(_ file: ElfInterpreter.File, in entry: ContainerEntry, _ name: [UInt8]?) {
    guard let name, loaders[file] != name, includes(entry) else { return }
    if loaders.count >= Self.mostFiles { loaders.removeAll() }
    loaders[file] = name
    add(.loader) { $0.put(file, name) }
  }

  func names(of contid: UInt64, _ names: IDNames) {
    guard filter?.includes(contid: contid) ?? true else { return }
    for (table, isOfUsers) in [(names.users, true), (names.groups, false)] {
      var part = FieldWriter()
      var isFirst = true
      func write(isLast: Bool) {
        add(.names) {
          $0.put(contid)
          $0.put(isOfUsers)
          $0.put(isFirst)
          $0.put(isLast)
          $0.put(bytes: part.bytes)
        }
        isFirst = false
        part = FieldWriter()
      }
      table.forEach { id, name in
        part.put(id)
        part.put(bytes: name)
        if part.bytes.count > Self.longestPart { write(isLast: false) }
      }
      write(isLast: true)
    }
  }

  private static let longestPart = 64 << 10

  func watches(_ set: WatchSet) {
    guard filter?.includes(contid: set.root.contid) ?? true else { return }
    for (number, path) in set.paths.enumerated() {
      add(.watches) { $0.put(set.root.contid, path, set.pointer[number]) }
    }
  }

  // MARK: Containers

  /// A container begins, or is known already.
  func container(_ entry: ContainerEntry, _ state: RecordedContainer.State) {
    guard let recorded = RecordedContainer(entry, state), includes(entry) || isAround(entry) else {
      return
    }
    add(.container) { recorded.write(to: &$0) }
  }

  /// What is around a recorded container is needed for its chain.
  private func isAround(_ entry: ContainerEntry) -> Bool {
    filter?.isAroundIncluded(entry) ?? true
  }

  func member(_ cgroup: UInt64, of entry: ContainerEntry?) {
    if let entry, !includes(entry) { return }
    add(.member) {
      $0.put(cgroup)
      $0.put(entry != nil)
      $0.put(entry?.contid ?? 0)
    }
  }

  // MARK: Daemons

  /// How far a daemon is.
  func daemon(_ daemon: Daemon, of entry: ContainerEntry) {
    guard includes(entry) else { return }
    ownDaemons.insert(daemon.name)
    let pace = daemon.pace
    add(.daemon) {
      $0.put(daemon.name)
      $0.put(daemon.serial)
      $0.put(pace.second)
      $0.put(UInt64(pace.records))
    }
  }

  /// What a daemon has written of itself: whole lines.
  func ownRecord(of daemon: Daemon, _ lines: UnsafeRawBufferPointer) {
    if filter != nil {
      if daemon.template.isPerContainer, let entry = underWay.last, includes(entry) {
        ownDaemons.insert(daemon.name)
      }
      guard ownDaemons.contains(daemon.name) else { return }
    }
    add(depth > 0 ? .ownRecord : .ownRecordHere) {
      $0.put(daemon.name)
      $0.put(bytes: lines)
    }
  }
}
