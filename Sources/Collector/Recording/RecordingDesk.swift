internal import AuditRecords
internal import Capture
internal import Containers
internal import Recording
import CNestaudit
import Glibc

/// Begins and ends recordings, of which there is one at a time. Lives on the drain thread.
final class RecordingDesk {
  private let capture: Capture
  private let daemons: DaemonTable
  private let containers: ContainerTable
  private let dispatcher: Dispatcher
  private let outside: Outside
  private var lostBefore: UInt64 = 0

  init(
    capture: Capture, daemons: DaemonTable, containers: ContainerTable, dispatcher: Dispatcher,
    outside: Outside
  ) {
    self.capture = capture
    self.daemons = daemons
    self.containers = containers
    self.dispatcher = dispatcher
    self.outside = outside
  }

  /// Begins one with all that is known now.
  /// - Parameter names: of the containers that it is limited to, or their contids; none for everything.
  func begin(only names: [String]) throws(ControlRefusal) -> RecordingQueue {
    guard outside.recorder == nil else {
      throw ControlRefusal("it is recording already; end that first")
    }
    let filter = names.isEmpty ? nil : RecordingFilter(names: names, of: containers)
    if let name = filter?.unknown.first {
      throw ControlRefusal(
        "there is no container '\(name)'; 'nestaudit ps' shows those there are")
    }
    let queue = RecordingQueue(
      RecordingHeader(
        .init(
          program: Collector.version, kernel: Identity.kernel, machine: Identity.machine,
          backend: capture.backend.rawValue, began: Int64(time(nil)), only: names)))
    let recorder = Recorder(queue, filter: filter)
    lostBefore = lost
    describe(to: recorder)
    outside.recorder = recorder
    return queue
  }

  /// Ends it; nothing happens if there is none.
  func end() {
    outside.recorder?.finish(lost: lost &- lostBefore)
    outside.recorder = nil
  }

  /// To be called after each drain.
  func tend() {
    guard let recorder = outside.recorder else { return }
    if recorder.queue.isAbandoned { outside.recorder = nil } else { recorder.handOnOld() }
  }

  /// Ends it, and waits until it has been taken away, but not for ever.
  func endAndWait() {
    guard let queue = outside.recorder?.queue else { return }
    end()
    let deadline = Clock.read(CLOCK_MONOTONIC) + Self.longestWait
    while !queue.isSent, Clock.read(CLOCK_MONOTONIC) < deadline { usleep(1000) }
  }

  private static let longestWait: Int64 = 5_000_000_000

  private var lost: UInt64 {
    capture.losses.entries().reduce(capture.control.pointee.uncounted) { $0 &+ $1.value }
  }

  // MARK: What is known

  private func describe(to recorder: Recorder) {
    dispatcher.describeClock(to: recorder)
    for source in daemons.names.sources.values {
      recorder.names(of: source.place.contid, source.names.pointee)
    }
    for set in daemons.watches.sets.values { recorder.watches(set) }
    for entry in containers.entries {
      for route in entry.routes where route.owner === entry || route.owner == nil {
        if route.owner == nil, entry.container != nil { continue }
        recorder.daemon(route.daemon, of: entry)
      }
    }
    let known = containers.containers.values.sorted {
      ($0.depth, $0.contid) < ($1.depth, $1.contid)
    }
    for entry in known { recorder.container(entry, entry.held == nil ? .known : .held) }
    for (cgroup, entry) in containers.members where !entry.cgroups.contains(cgroup) {
      recorder.member(cgroup, of: entry)
    }
    dispatcher.describeTasks(to: recorder)
    for entry in known {
      entry.held?.replay { recorder.take($0) }
    }
  }
}

extension Dispatcher {
  /// How many tasks something is known of.
  var knownTasks: Int { processes.count }

  fileprivate func describeClock(to recorder: Recorder) { recorder.clock(clockOffset) }

  /// What was said of each task before the recording begins.
  fileprivate func describeTasks(to recorder: Recorder) {
    let names = Dictionary(
      uniqueKeysWithValues: daemons.instances.values.map { ($0.number, $0.name) })
    var isIncluded = false
    var included: Set<UInt32> = []
    processes.forEachTask { event in
      let header = event.loadUnaligned(as: event_header.self)
      isIncluded = recorder.includes(containers.entry(of: header).takeUnretainedValue())
      guard isIncluded else { return }
      included.insert(header.task)
      recorder.take(event)
    } titles: { task, told, kept in
      let told = told.compactMap { names[$0] }
      guard isIncluded, !told.isEmpty || !kept.isEmpty else { return }
      recorder.add(.titles) {
        $0.put(task)
        $0.put(list: told) { $0.put($1) }
        $0.put(list: kept.filter { names[$0.daemon] != nil }) {
          $0.put(names[$1.daemon]!)
          $0.put(bytes: $1.bytes)
        }
      }
    }
    forks.forEach { task, verdicts in
      guard included.contains(task) else { return }
      recorder.add(.verdicts) {
        $0.put(task)
        $0.put(list: verdicts) {
          $0.put($1.daemon.name)
          $0.put($1.isAlways)
          $0.put($1.key.map { String(decoding: $0.bytes, as: UTF8.self) })
        }
      }
    }
  }
}
