import CNestaudit
internal import Capture

/// What the kernel's side could not deliver, charged to the containers it came from and the daemons that
/// missed it.
final class LossAccount {
  private let capture: Capture
  private let containers: ContainerTable
  private let daemons: DaemonTable
  private let containment: Containment
  private var settled: [Key: UInt64] = [:]
  private var uncounted: UInt64 = 0

  private struct Key: Hashable {
    let contid: UInt64
    let policy: UInt32
    let wants: UInt32
    let cause: UInt32
  }

  init(
    capture: Capture, containers: ContainerTable, daemons: DaemonTable, containment: Containment
  ) {
    self.containment = containment
    self.capture = capture
    self.containers = containers
    self.daemons = daemons
  }

  /// Charges what has been lost since the last call, and has the daemons say so in their logs.
  func settle() {
    charge()
    for daemon in daemons.all { daemon.tellLosses(at: .now) }
    containment.tellStops()
    daemons.submit()
  }

  /// Charges what a container that ends has lost, while its daemons can still say so, and forgets it.
  func close(_ contid: UInt64) {
    charge()
    for key in settled.keys where key.contid == contid {
      settled[key] = nil
      note(
        loss_key(contid: contid, policy: key.policy, wants: key.wants, cause: key.cause, pad: 0), 0)
      capture.losses.remove(
        loss_key(contid: contid, policy: key.policy, wants: key.wants, cause: key.cause, pad: 0))
    }
  }

  private func charge(areLeft: Bool = false) {
    for (key, count) in capture.losses.entries() {
      let known = Key(contid: key.contid, policy: key.policy, wants: key.wants, cause: key.cause)
      let new = count &- settled[known, default: 0]
      guard new > 0 else { continue }
      settled[known] = count
      note(key, count)
      charge(new, to: containers.entry(key.contid) ?? containers.host, key, isLeft: areLeft)
    }
    let unnamed = capture.control.pointee.uncounted
    if unnamed > uncounted {
      let new = unnamed - uncounted
      containers.host.books.miss(new, .uncounted)
      for route in containers.host.routes { route.daemon.miss(new, .uncounted) }
      uncounted = unnamed
      note(loss_key(), unnamed)
    }
  }

  // MARK: For a collector that takes over

  /// Keeps what was charged of one count; of those without an owner by a key that none has.
  private func note(_ key: loss_key, _ count: UInt64) {
    withUnsafeBytes(of: count) { daemons.ledger.facts?.add(.loss, key, $0) }
  }

  /// Keeps what was charged of every count.
  func tellAll() {
    for (key, count) in settled {
      note(
        loss_key(
          contid: key.contid, policy: key.policy, wants: key.wants, cause: key.cause, pad: 0), count
      )
    }
    if uncounted > 0 { note(loss_key(), uncounted) }
  }

  /// Takes up what an earlier collector has charged; of other facts nothing is done.
  func restore(_ kind: Facts.Kind, _ bytes: UnsafeRawBufferPointer) {
    guard kind == .loss else { return }
    let key = bytes.loadUnaligned(as: loss_key.self)
    let count = bytes.loadUnaligned(fromByteOffset: MemoryLayout<loss_key>.size, as: UInt64.self)
    if key.cause == 0 {
      uncounted = count
    } else {
      settled[
        Key(contid: key.contid, policy: key.policy, wants: key.wants, cause: key.cause)] = count
    }
  }

  /// Charges what was lost while no collector ran, by policies that are not in force any more: to all that may have wanted
  /// it.
  func chargeLeft() { charge(areLeft: true) }

  private func charge(
    _ events: UInt64, to entry: ContainerEntry, _ key: loss_key, isLeft: Bool
  ) {
    let cause = LossCause(key.cause)
    Self.count(events, cause, in: &entry.books)
    for (index, route) in entry.routes.enumerated()
    where isLeft || key.policy != entry.policy || RouteSet.may(key.wants, index) {
      route.daemon.miss(events, cause)
      if cause != nil { containment.missed(route) }
    }
  }

  private static func count(_ events: UInt64, _ cause: LossCause?, in books: inout Books) {
    if let cause { books.miss(events, cause) } else { books.missParts(events) }
  }
}
