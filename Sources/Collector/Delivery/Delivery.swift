internal import AuditRecords
internal import AuditRules
import CNestaudit

/// From a syscall's event to the logs of the daemons that want it: decide, render once, assemble for each.
///
/// The hot path: no allocation for an event.
struct Delivery: ~Copyable {
  var renderer = EventRenderer()
  var names = EventNames()
  var subjects = SubjectMaker()
  private let check: NameCheck
  let capabilities: CapabilityTable
  /// Of the event that is delivered; to be set anew for each.
  var outcome = EventOutcome()
  let containment: Containment
  /// By its contid in events.
  private let container: (UInt64) -> ContainerEntry?

  init(
    check: consuming NameCheck, capabilities: CapabilityTable, containment: Containment,
    container: @escaping (UInt64) -> ContainerEntry?
  ) {
    self.check = check
    self.container = container
    self.containment = containment
    self.capabilities = capabilities
  }

  /// What has been made of the event for the daemon before, and can serve the next one too.
  private struct Shared {
    var isPlanned = false
    var isRendered = false
    /// Whose subject stands.
    var view: UnsafeRawPointer?
    /// Of the names: for whom they were read, and whether with their texts.
    var namesView: UnsafeRawPointer?
    var hasTexts = false
    /// What the rules of this route's daemon have said, asked in the eyes of `view`.
    var decision = Decision.unasked
    var decidedFor: Int?
    /// Whether the names are confirmed, once some daemon has asked.
    var isConfirmed = true
    var wanted = RouteSet()
  }

  /// Writes `event` to every daemon of its container that wants it.
  /// - Parameters:
  ///   - wants: the routes that may want it, as BPF tells them: `RouteSet.may`.
  ///   - owns: what the kernel's audit told during the syscall without a rule.
  ///   - forked: what the task lists said when the task was made.
  ///   - loaderName: name of the dynamic loader, for an exec.
  ///   - titles: by which daemons go on to call the task.
  /// - Returns: the routes whose daemons' rules asked for it.
  mutating func deliver(
    _ event: SyscallEvent, of process: ProcessEvent, argv: UnsafeRawBufferPointer,
    targets: Targets, owns: OwnEvents, to entry: ContainerEntry, wants: UInt32,
    forked: ForkTable.Verdicts?, time: EventTime,
    loaderName: UnsafeRawBufferPointer?, titles: [KeptTitle]
  ) -> RouteSet {
    var shared = Shared()
    let routes = entry.routeList
    let isOwned = !owns.isEmpty
    for index in 0..<routes.count where isOwned || RouteSet.may(wants, index) {
      routes.withRoute(index) { route in
        route.daemon.books.capture()
        watchRing(of: entry, for: route)
        guard route.sees(process) else { return route.daemon.books.filter() }
        route.daemon.rules.with { ruleset in
          plan(event, for: ruleset, loaderName: loaderName, time, &shared)
          let subject = subject(of: event, process, for: route, ruleset, in: entry, &shared)

          var key: UnsafeRawBufferPointer?
          var isTold = true
          var excluded = RecordTypes.none
          let decision: Decision
          if route.hasTwin, forked == nil, let twin = shared.decidedFor,
            routes.withRoute(twin, { $0.decidesLike(route) })
          {
            decision = shared.decision
          } else {
            decision = decide(route, ruleset, subject, forked)
            if route.hasTwin {
              shared.decision = decision
              shared.decidedFor = index
            }
          }
          if case .keptOut = decision { excluded = .fanotify }
          switch decision {
          case .unasked:
            isTold = isOwned && tellsOwn(owns, subject, route, ruleset)
          case .unwanted, .keptOut: isTold = false
          case .wanted(let ofRule): key = ofRule
          }
          guard isTold || isOwned else { return route.daemon.books.filter() }
          if isTold {
            if shared.wanted.isEmpty {
              shared.isConfirmed = check.confirms(event, of: process, in: entry)
              if !shared.isConfirmed { entry.unconfirmed += 1 }
            }
            shared.wanted.insert(index)
            if !shared.isConfirmed { route.daemon.unconfirmed += 1 }
          }
          if !shared.isRendered {
            if !shared.isConfirmed { renderer.doubtNames() }
            if renderer.asksForCapabilities {
              capabilities.answer(&renderer, event, of: process, in: entry)
            }
            renderer.render(
              event, process: process, argv: argv, targets: targets, owns: owns,
              seconds: time.seconds, milliseconds: time.milliseconds,
              enriched: entry.isEnriched && routes.someNamed(isOwned ? .max : wants),
              hasKeptTitles: !titles.isEmpty)
            shared.isRendered = true
          }
          let title =
            titles.isEmpty ? nil : titles.first { $0.daemon == route.daemon.number }?.bytes
          let chains = targets.count == 0 ? .none : chains(of: targets, by: route)
          write(
            subject, to: route, ruleset, key: key, title: title, time, isOwned: isOwned,
            isTold: isTold, excluding: excluded, targets: chains)
        }
      }
    }
    return shared.wanted
  }

  /// Settles which names the event has, if that is not what was settled last.
  @inline(__always)
  private mutating func plan(
    _ event: SyscallEvent, for ruleset: CompiledRuleset, loaderName: UnsafeRawBufferPointer?,
    _ time: EventTime, _ shared: inout Shared
  ) {
    if shared.isPlanned, !ruleset.hasFilesystemRules { return }
    renderer.plan(event, loaderName: loaderName, milliseconds: time.sinceEpoch)
    if ruleset.hasFilesystemRules { renderer.leaveOut { ruleset.leavesOut(filesystem: $0) } }
    shared.isPlanned = !ruleset.hasFilesystemRules
    shared.isRendered = false
    shared.namesView = nil
  }

  /// What the rules of a route's daemon are asked about.
  @inline(__always)
  private mutating func subject(
    of event: SyscallEvent, _ process: ProcessEvent, for route: Route, _ ruleset: CompiledRuleset,
    in entry: ContainerEntry, _ shared: inout Shared
  ) -> UnsafePointer<RuleSubject> {
    if shared.view != route.view.identity {
      subjects.make(event, process, route.view)
      shared.view = route.view.identity
      shared.namesView = nil
      shared.decidedFor = nil
    }
    let subject = subjects.subject
    subject.pointee.contids = route.contids.values
    if ruleset.usesNames(arch: event.fixed.arch, syscall: event.fixed.syscall) {
      let readsText = route.owner == nil ? entry.container == nil : route.owner === entry
      if shared.namesView != route.view.identity || shared.hasTexts != readsText {
        names.read(event, from: renderer, view: route.view, readsText: readsText)
        shared.namesView = route.view.identity
        shared.hasTexts = readsText
      }
      subject.pointee.names = names.names
    }
    return UnsafePointer(subject)
  }

  /// Learns what is to be known of an event that nobody wants.
  mutating func examine(
    _ event: SyscallEvent, of process: ProcessEvent, in entry: ContainerEntry, time: EventTime
  ) {
    _ = check.confirms(event, of: process, in: entry)
    renderer.plan(event, loaderName: nil, milliseconds: time.sinceEpoch)
    if renderer.asksForCapabilities {
      capabilities.answer(&renderer, event, of: process, in: entry)
    }
  }

  private func chains(of targets: Targets, by route: Route) -> TargetChains {
    TargetChains(targets) { container($0).flatMap(route.chain) }
  }

  /// Whether some record of the kernel's own is not left out: then its syscall is told, unless a rule says never
  /// (kernel/auditsc.c, auditsc_get_stamp).
  private func tellsOwn(
    _ owns: OwnEvents, _ subject: UnsafePointer<RuleSubject>, _ route: Route,
    _ ruleset: CompiledRuleset
  ) -> Bool {
    guard ruleset.hasExcludeRules || !ruleset.hasCountedRules else { return true }
    var tells = false
    owns.forEach {
      if ruleset.hasCountedRules || $0.type != .fanotify,
        !ruleset.leavesOut(
          record: $0.type.rawValue, of: subject.pointee, watches: route.watches?.pointer)
      {
        tells = true
      }
    }
    return tells
  }

  /// Writes a record of the kernel's own, which belongs to no syscall, to every daemon that does not leave it out.
  mutating func deliver(_ event: OwnEvent, to entry: ContainerEntry, time: EventTime) {
    let routes = entry.routes
    renderer.render(
      event, seconds: time.seconds, milliseconds: time.milliseconds, enriched: entry.isEnriched)
    for route in routes {
      route.daemon.books.capture()
      guard route.sees(event.process, always: !event.needsAuditOn) else {
        route.daemon.books.filter()
        continue
      }
      subjects.make(event.process, route.view)
      subjects.subject.pointee.contids = route.contids.values
      write(
        subjects.subject, to: route, route.daemon.ruleset.compiled, key: nil, title: nil, time,
        isOwned: true,
        isTold: false)
    }
  }

  private enum Decision {
    /// No rule says anything.
    case unasked
    case unwanted
    /// Its task list did not want the task: it has no context (kernel/auditsc.c, audit_alloc).
    case keptOut
    case wanted(key: UnsafeRawBufferPointer?)
  }

  @inline(__always)
  private func decide(
    _ route: Route, _ ruleset: CompiledRuleset, _ subject: UnsafePointer<RuleSubject>,
    _ forked: ForkTable.Verdicts?
  ) -> Decision {
    if let forked {
      switch forked.verdict(of: route.daemon) {
      case .none: break
      case .never: return .keptOut
      case .always(let key): return .wanted(key: key)
      }
    }
    switch ruleset.decide(subject.pointee, watches: route.watches?.pointer) {
    case .noMatch: return .unasked
    case .never: return .unwanted
    case .always(_, let rule): return .wanted(key: rule >= 0 ? ruleset.key(of: rule) : nil)
    }
  }

  mutating func write(
    _ subject: UnsafePointer<RuleSubject>, to route: Route, _ ruleset: CompiledRuleset,
    key: UnsafeRawBufferPointer?, title: [UInt8]?, _ time: EventTime, isOwned: Bool, isTold: Bool,
    excluding unheard: RecordTypes = .none, targets: TargetChains = .none
  ) {
    var excluded = unheard
    // A request was told at once, whatever the end of its syscall said.
    if !isTold { excluded = excluded.union(.ofSyscalls.subtracting(.uringop)) }
    if isOwned, !ruleset.hasCountedRules { excluded = excluded.union(.gatheredForRules) }
    var records =
      excluded == .none ? renderer.recordCount : renderer.recordCount(excluding: excluded)
    if ruleset.hasExcludeRules {
      let types = renderer.types
      for type in RecordType.all
      where types.contains(type)
        && ruleset.leavesOut(
          record: type.rawValue, of: subject.pointee, watches: route.watches?.pointer)
      {
        excluded.insert(type)
      }
      // kernel/auditsc.c, audit_log_exit: without its SYSCALL an event is not told at all.
      if excluded.contains(.syscall) { excluded = excluded.union(.ofSyscalls) }
      records = renderer.recordCount(excluding: excluded)
    }
    guard records > 0 else { return route.daemon.books.filter() }
    if route.chain != nil { records += 1 }
    if !excluded.contains(.objPid) { records += targets.count }
    guard admits(records, to: route, time) else { return }
    let chain = route.chain?.bytes
    let first =
      route.hasTwin && excluded == .none && title == nil ? linesAlike(route, chain) : nil
    let place = route.hasTwin && first == nil ? route.daemon.place : nil
    route.daemon.write(records: records) { serial, text in
      if let first { return renderer.copy(first, serial: serial, key: key, into: &text) }
      renderer.assemble(
        view: route.view, serial: serial, key: key, chain: chain, names: route.names,
        title: title, excluding: excluded, targets: targets, noting: place, into: &text)
    }
  }

  /// The lines of a daemon that sees what this one sees, if the event has some and they are not on their way to its log.
  @inline(__always)
  private func linesAlike(_ route: Route, _ chain: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
    guard let lines = renderer.linesAlike(view: route.view, chain: chain) else { return nil }
    return Daemon.text(at: lines.place, count: lines.count)
  }
}
