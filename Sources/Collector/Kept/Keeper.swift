internal import CNestaudit
internal import Capture
import Glibc
import Logging

/// What outlives a collector that is killed, and what the next one does with it: programs, maps and the ring are pinned, and
/// what it knows is in the kept memory.
///
/// The next collector writes the text that is not in the logs, goes on in the ring behind what was committed, and knows of
/// tasks and containers what was known there. Until its own tables hold, everything that the gate lets pass comes to it.
final class Keeper {
  private let logger: Logger
  private let pins: PinDirectory
  private let directory: String
  private let memory: KeptMemory?
  private(set) var ledger: Ledger
  private var lost: [(daemon: String, events: UInt64)] = []

  /// Opens what there is; where nothing can be kept, that is said, and nothing outlives the collector.
  init(stateDirectory: String, logger: Logger) {
    self.logger = logger
    pins = PinDirectory(stateDirectory: stateDirectory)
    directory = KeptPlace.directory(state: stateDirectory)
    do {
      memory = try KeptMemory(in: directory)
    } catch {
      memory = nil
      logger.error("a collector that is killed will lose events: \(error)")
    }
    ledger = Ledger(nil)
  }

  /// Something outlives the collector.
  var isKept: Bool { memory?.isWhole == true }

  /// Loads the programs, or takes over those that are there; then the logs have all that was committed.
  func capture(ringSize: UInt32, backend: Backend.Choice) throws -> Capture {
    guard let memory else { return try Capture(ringSize: ringSize, backend: backend) }
    if memory.isForeign {
      logger.error(
        "\(memory.path): another version has kept it in a format that this one cannot read; what is not in the logs is lost"
      )
    }
    let capture = try Capture(
      ringSize: ringSize, backend: backend, pinnedIn: pins, kept: memory.ring)
    capture.control.pointee.collector = UInt32(getpid())
    if memory.ring != nil { lost = KeptRecovery(memory, logger: logger).run() }
    if capture.isTakenOver {
      capture.takeOver(at: memory.root.position)
      logger.notice("going on where an earlier collector has stopped")
      if capture.ringSize != ringSize {
        logger.warning(
          "ring_size: the ring that was left has \(capture.ringSize >> 10) KiB and stays; to have one of \(ringSize >> 10) KiB, stop this collector, run 'nestaudit unload' and start it again"
        )
      }
    } else if memory.ring != nil {
      memory.begin(anotherRing: capture.identity)
    } else {
      memory.begin(capture.identity)
    }
    ledger = Ledger(memory)
    return capture
  }

  /// Has commits say all that there is to know.
  func connect(
    _ capture: Capture, _ containers: ContainerTable, _ dispatcher: Dispatcher,
    _ losses: LossAccount, _ daemons: DaemonTable
  ) {
    ledger.position = { [unowned capture] in capture.position }
    ledger.beforeCommit = { [unowned dispatcher] in dispatcher.tellParts() }
    ledger.tellAll = {
      [unowned containers, unowned dispatcher, unowned losses, unowned daemons] in
      daemons.tellAll()
      containers.tellAll()
      dispatcher.tellTasks()
      losses.tellAll()
    }
  }

  /// Takes up what was known.
  func restore(_ containers: ContainerTable, _ dispatcher: Dispatcher, _ losses: LossAccount) {
    ledger.facts?.forEach { kind, bytes in
      containers.restore(kind, bytes)
      dispatcher.restore(kind, bytes)
      losses.restore(kind, bytes)
    }
  }

  /// Likewise what task lists have said, once all daemons are there.
  func restoreForks(_ dispatcher: Dispatcher) {
    ledger.facts?.forEach { dispatcher.restoreForks($0, $1) }
  }

  /// Says what could not be taken over, in the collector's log and in those of the daemons that it was for.
  func tellLost(_ capture: Capture, _ daemons: DaemonTable, _ host: ContainerEntry) {
    for (name, events) in lost {
      logger.error("daemon \(name): \(events) events that were captured could not be written")
      daemons.instances[name]?.miss(events, .log)
    }
    for stranger in capture.removeStrangers() {
      logger.warning(
        "version \(stranger.version) has left \(stranger.events) events, \(stranger.bytes) bytes, that this one does not read: they are lost"
      )
      guard stranger.events > 0 else { continue }
      host.books.miss(stranger.events, .uncounted)
      for route in host.routes { route.daemon.miss(stranger.events, .uncounted) }
    }
  }

  /// The collector ends as it should: nothing is left for another one.
  func end() {
    memory?.end()
    KeptPlace.remove(directory)
  }
}
