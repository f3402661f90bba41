internal import AuditRecords
internal import AuditRules
import CNestaudit

/// From a syscall's event to the logs of the daemons that want it: decide, render once, assemble for each.
///
/// The hot path: no allocation for an event.
struct Delivery: ~Copyable {
  private var renderer = EventRenderer()
  private var paths = EventPaths()
  private let groups: UnsafeMutablePointer<UInt32>

  init() { groups = .allocate(capacity: Int(EVENT_GROUPS_MAX)) }

  deinit { groups.deallocate() }

  /// Writes `event` to every daemon of `routes` that wants it.
  /// - Parameters:
  ///   - wants: a bit for each route that may want it; bits beyond the routes mean nothing.
  ///   - loaderName: name of the dynamic loader, for an exec.
  /// - Returns: whether some daemon's rules asked for it.
  mutating func deliver(
    _ event: SyscallEvent, of process: ProcessEvent, argv: UnsafeRawBufferPointer,
    to routes: [Route], wants: UInt32, time: EventTime,
    loaderName: UnsafeRawBufferPointer?
  ) -> Bool {
    var rendered = false
    var wanted = false
    var subject: RuleSubject?
    var subjectView: UnsafeRawPointer?

    for index in 0..<routes.count where wants >> UInt32(index) & 1 == 1 {
      let route = routes[index]
      guard route.daemon.enabled else { continue }
      if route.needsPID, !route.view.contains(process) { continue }
      let ruleset = route.daemon.ruleset.compiled

      if subjectView != route.view.identity {
        if subject == nil { paths.read(event) }
        subject = makeSubject(event, process, route.view)
        subjectView = route.view.identity
      }
      guard
        case .always(let rule) = ruleset.decide(subject!, watches: route.watches?.pointer)
      else { continue }
      wanted = true

      if !rendered {
        renderer.render(
          event, process: process, argv: argv, seconds: time.seconds,
          milliseconds: time.milliseconds, loaderName: loaderName)
        rendered = true
      }
      let records = renderer.recordCount + (route.chain == nil ? 0 : 1)
      guard route.daemon.admits(records: records, at: time.seconds) else {
        route.daemon.lose(1)
        continue
      }
      route.daemon.write(records: records) { serial, text in
        renderer.assemble(
          view: route.view, serial: serial, key: ruleset.key(of: rule),
          chain: route.chain?.bytes, into: &text)
      }
    }
    return wanted
  }

  /// The event as the rules of a daemon with this view see it.
  private func makeSubject(
    _ event: SyscallEvent, _ process: ProcessEvent, _ view: NamespaceView
  ) -> RuleSubject {
    let syscall = event.fixed
    let task = process.fixed
    let kernelGroups = process.groups
    for (index, group) in kernelGroups.enumerated() { groups[index] = view.gid(group) }
    return RuleSubject(
      arch: syscall.arch, syscall: syscall.syscall, result: syscall.result,
      hasResult: UInt32(syscall.header.flags) & EVENT_NO_RESULT.rawValue == 0,
      a0: syscall.args.0, a1: syscall.args.1, a2: syscall.args.2, a3: syscall.args.3,
      pid: view.pid(of: process), ppid: view.ppid(of: process),
      uid: view.uid(task.uid), euid: view.uid(task.euid), suid: view.uid(task.suid),
      fsuid: view.uid(task.fsuid),
      gid: view.gid(task.gid), egid: view.gid(task.egid), sgid: view.gid(task.sgid),
      fsgid: view.gid(task.fsgid),
      auid: view.uid(task.auid), ses: task.ses, pers: task.personality,
      groups: UnsafeBufferPointer(start: groups, count: kernelGroups.count), paths: paths.paths)
  }
}
