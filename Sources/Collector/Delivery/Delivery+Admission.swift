/// Whether what a daemon wants has room.
extension Delivery {
  /// Whether a daemon's limits let it have an event of so many records; counts it as lost if not.
  @inline(__always)
  mutating func admits(_ records: Int, to route: Route, _ time: EventTime) -> Bool {
    if route.daemon.isCrowded(by: records) { slow(route) }
    if let cause = route.daemon.refusal(records: records, at: time.seconds) {
      refuse(route, cause)
      return false
    }
    outcome.isTaken = true
    return true
  }

  /// Has the container wait whose part of the ring fills, if the daemon is one that is waited for.
  @inline(__always)
  func watchRing(of entry: ContainerEntry, for route: Route) {
    if route.daemon.waitTime > 0, containment.fillsRing(entry) { slow(route, entry.account) }
  }

  private func slow(_ route: Route, _ account: UInt32? = nil) {
    if let owner = route.owner { containment.slow(owner, for: route.daemon, account: account) }
  }

  private mutating func refuse(_ route: Route, _ cause: LossCause) {
    route.daemon.lose(cause)
    if outcome.loss == nil { outcome.loss = cause }
    containment.missed(route)
  }
}
