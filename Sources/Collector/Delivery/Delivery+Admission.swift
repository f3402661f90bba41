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

  private func slow(_ route: Route) {
    if let owner = route.owner { containment.slow(owner, for: route.daemon) }
  }

  private mutating func refuse(_ route: Route, _ cause: LossCause) {
    route.daemon.lose(cause)
    if outcome.loss == nil { outcome.loss = cause }
    containment.missed(route)
  }
}
