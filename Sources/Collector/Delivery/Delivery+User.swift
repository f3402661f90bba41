internal import AuditRecords
internal import AuditRules

/// What programs have the audit write: kernel/audit.c, audit_receive_msg.
extension Delivery {
  /// Writes a message to every daemon that does not leave it out, if its sender may have it written in its own container.
  /// - Returns: whether some daemon was to have it.
  mutating func deliver(_ event: UserEvent, to entry: ContainerEntry, time: EventTime) -> Bool {
    guard event.isPrivileged(in: entry.view) else { return false }
    var wanted = false
    for route in entry.routes {
      guard route.daemon.enabled || !event.needsAuditOn else { continue }
      if route.needsPID, !route.view.contains(event.process) { continue }
      let ruleset = route.daemon.ruleset.compiled
      let watches = route.watches?.pointer
      var subject = subjects.make(event.process, route.view)
      subject.contids = route.contids.values
      if ruleset.leavesOut(message: event.type, of: subject, watches: watches)
        || ruleset.leavesOut(record: event.type, of: subject, watches: watches)
      {
        continue
      }
      if !wanted {
        renderer.render(
          event, seconds: time.seconds, milliseconds: time.milliseconds,
          enriched: entry.isEnriched)
        wanted = true
      }
      let records = route.chain == nil ? 1 : 2
      guard route.daemon.admits(records: records, at: time.seconds) else {
        route.daemon.lose(1)
        continue
      }
      route.daemon.write(records: records) { serial, text in
        renderer.assemble(
          view: route.view, serial: serial, key: nil, chain: route.chain?.bytes,
          names: route.names, into: &text)
      }
    }
    return wanted
  }
}
