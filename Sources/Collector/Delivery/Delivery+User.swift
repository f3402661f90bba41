internal import AuditRecords
internal import AuditRules

/// What programs have the audit write: kernel/audit.c, audit_receive_msg.
extension Delivery {
  /// Writes a message to every daemon that does not leave it out, if its sender may have it written in its own container.
  mutating func deliver(_ event: UserEvent, to entry: ContainerEntry, time: EventTime) {
    guard event.isPrivileged(in: entry.view) else { return }
    var isRendered = false
    for route in entry.routes {
      route.daemon.books.capture()
      guard route.sees(event.process, always: !event.needsAuditOn) else {
        route.daemon.books.filter()
        continue
      }
      let ruleset = route.daemon.ruleset.compiled
      let watches = route.watches?.pointer
      subjects.make(event.process, route.view)
      let subject = subjects.subject
      subject.pointee.contids = route.contids.values
      if ruleset.leavesOut(message: event.type, of: subject.pointee, watches: watches)
        || ruleset.leavesOut(record: event.type, of: subject.pointee, watches: watches)
      {
        route.daemon.books.filter()
        continue
      }
      if !isRendered {
        renderer.render(
          event, seconds: time.seconds, milliseconds: time.milliseconds,
          enriched: entry.isEnriched)
        isRendered = true
      }
      let records = route.chain == nil ? 1 : 2
      guard admits(records, to: route, time) else { continue }
      route.daemon.write(records: records) { serial, text in
        renderer.assemble(
          view: route.view, serial: serial, key: nil, chain: route.chain?.bytes,
          names: route.names, into: &text)
      }
    }
  }
}
