internal import AuditRecords
internal import AuditRules
import CNestaudit

/// Requests of io_uring: kernel/auditsc.c, __audit_uring_exit.
extension Delivery {
  /// What is decided for one daemon, request by request.
  private struct Deciding {
    var isRecording = false
    var key: UnsafeRawBufferPointer?
    var told: [ToldRequest] = []

    /// A rule that has no key leaves that of the match before.
    mutating func take(_ verdict: RuleVerdict, _ ruleset: CompiledRuleset) {
      switch verdict {
      case .noMatch: break
      case .never: isRecording = false
      case .always(_, let rule):
        isRecording = true
        if rule >= 0 { key = ruleset.key(of: rule) }
      }
    }
  }

  /// Writes requests to every daemon whose rules ask for them.
  /// - Parameters:
  ///   - syscall: in which they were run: it is told too, once a request is; nil for a request that is an event of
  ///     its own.
  ///   - owns: what the kernel's audit told during the syscall without a rule.
  ///   - forked: what the task lists said when the task was made.
  ///   - titles: by which daemons go on to call the task.
  /// - Returns: the routes whose daemons' rules asked for something.
  mutating func deliver(
    _ requests: RingRequests, in syscall: SyscallEvent?, of process: ProcessEvent, owns: OwnEvents,
    to entry: ContainerEntry, forked: ForkTable.Verdicts?, time: EventTime, titles: [KeptTitle]
  ) -> RouteSet {
    var wanted = RouteSet()
    for (index, route) in entry.routes.enumerated() {
      route.daemon.books.capture()
      guard route.sees(process) else {
        route.daemon.books.filter()
        continue
      }
      var deciding = Deciding()
      switch forked?.verdict(of: route.daemon) {
      case .never:
        route.daemon.books.filter()
        continue
      case .always(let key):
        deciding.isRecording = true
        deciding.key = key
      case .none?, nil: break
      }
      decide(requests, in: syscall, of: process, for: route, entry, time, &deciding)
      let isTold = deciding.isRecording && (syscall != nil || !deciding.told.isEmpty)
      guard isTold || !deciding.told.isEmpty || !owns.isEmpty else {
        route.daemon.books.filter()
        continue
      }
      if isTold || !deciding.told.isEmpty { wanted.insert(index) }
      let isEnriched = route.names != nil
      if let syscall {
        renderer.render(
          syscall, process: process, argv: UnsafeRawBufferPointer(start: nil, count: 0),
          targets: .none, owns: owns, requests: deciding.told, seconds: time.seconds,
          milliseconds: time.milliseconds, enriched: isEnriched, hasKeptTitles: !titles.isEmpty)
      } else if let only = deciding.told.first {
        renderer.render(
          only, process: process, seconds: time.seconds, milliseconds: time.milliseconds,
          enriched: isEnriched)
      }
      write(
        subjects.subject, to: route, route.daemon.ruleset.compiled, key: deciding.key,
        title: titles.first { $0.daemon == route.daemon.number }?.bytes, time,
        isOwned: !owns.isEmpty, isTold: isTold)
    }
    return wanted
  }

  /// Asks the rules of one daemon, and leaves the names planned, and the subject as it is last.
  private mutating func decide(
    _ requests: RingRequests, in syscall: SyscallEvent?, of process: ProcessEvent,
    for route: Route, _ entry: ContainerEntry, _ time: EventTime, _ deciding: inout Deciding
  ) {
    let ruleset = route.daemon.ruleset.compiled
    let readsText = route.owner == nil ? entry.container == nil : route.owner === entry
    let watches = route.watches?.pointer
    var subject = subjects.subject
    renderer.beginPlan()
    func add(_ event: SyscallEvent) {
      let first = renderer.nameCount
      renderer.planMore(event, milliseconds: time.sinceEpoch)
      if ruleset.hasFilesystemRules {
        renderer.leaveOut { ruleset.leavesOut(filesystem: $0) }
      }
      if renderer.asksForCapabilities {
        capabilities.answer(&renderer, event, of: process, in: entry)
      }
      subjects.make(syscall ?? event, process, route.view)
      subject = subjects.subject
      subject.pointee.contids = route.contids.values
      names.read(event, from: renderer, first: first, view: route.view, readsText: readsText)
      subject.pointee.names = names.names
    }
    requests.forEach { request in
      add(request.event)
      subject.pointee.result = request.fixed.issued
      subject.pointee.hasResult = true
      if syscall == nil {
        (subject.pointee.a0, subject.pointee.a1) = (0, 0)
        (subject.pointee.a2, subject.pointee.a3) = (0, 0)
      } else {
        deciding.take(ruleset.decide(subject.pointee, watches: watches), ruleset)
      }
      if !deciding.isRecording {
        deciding.take(
          ruleset.decide(request: request.fixed.operation, subject.pointee, watches: watches),
          ruleset)
      }
      if deciding.isRecording {
        deciding.told.append(
          ToldRequest(request, key: deciding.key, items: renderer.nameCount))
      }
    }
    if let syscall {
      add(syscall)
      deciding.take(ruleset.decide(subject.pointee, watches: watches), ruleset)
    }
  }
}
