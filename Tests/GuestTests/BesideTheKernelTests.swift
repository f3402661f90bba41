import Foundation
import TestSupport
import Testing

/// What the host's daemon writes against what the kernel's own audit does, in the same guest at
/// the same time.
extension OtherKernels {
  @Test(arguments: BootedGuests.lines)
  func theWorkloadIsToldAsTheKernelTellsIt(line: String) throws {
    let run = try run(line)
    let rows = try ParityRow.all(
      reference: try run.kernelEvents().filter { $0.syscall?["key"] == "parity" }
        .map { $0.syscall?["syscall"] == Self.execve ? $0.withoutRepeatedPaths : $0 },
      candidate: try run.events().filter { $0.syscall?["key"] == "parity" },
      in: run.area, ignoring: Self.ignored)
    print("Linux \(line)\n\(ParityRow.table(of: rows))")
    for row in rows {
      for difference in row.comparison.differences {
        print("Linux \(line), \(row.calls): \(difference)")
      }
    }
    #expect(rows.reduce(0) { $0 + $1.comparison.events.total } >= 200)
    for row in rows {
      #expect(row.comparison.missing == 0, "\(row.calls)")
      #expect(row.comparison.extra == 0, "\(row.calls)")
      for (type, share) in row.comparison.records where type != "PATH" {
        #expect(
          share.total - share.identical <= Self.known[row.calls]?[type] ?? 0,
          "\(row.calls): \(type)\n\(row.comparison.text)")
      }
      if row.objects != .some, let paths = row.comparison.records["PATH"] {
        #expect(paths.isWhole, "\(row.comparison.text)")
      }
    }
    let programs = try comparedPrograms(run)
    let table = RecordTable([("the calls", rows.map(\.comparison)), ("the programs", programs)])
    print("Linux \(line)\n\(table.text)")
    try writeParity("hooks-\(line)", table.text)
    let sum = Comparison.Share.sum(of: rows.map(\.comparison.events))
    #expect(Double(sum.identical) >= 0.99 * Double(sum.total))
    for (type, shares) in [
      "SYSCALL", "EXECVE", "CWD", "PROCTITLE",
    ].map({ type in (type, programs.compactMap { $0.records[type] }) }) {
      let sum = Comparison.Share.sum(of: shares)
      #expect(Double(sum.identical) >= 0.99 * Double(sum.total), "programs: \(type)")
    }
    for comparison in programs {
      for difference in comparison.differences { print("Linux \(line), programs: \(difference)") }
      #expect(comparison.missing == 0)
      #expect(comparison.extra == 0)
    }
  }

  /// Of other people's programs: what they execute, and the rest.
  private func comparedPrograms(_ run: GuestRun) throws -> [Comparison] {
    let logs = [try run.kernelEvents(), try run.events()].map { events in
      events.filter { $0.syscall?["key"] == "programs" }
    }
    return try [true, false].map { isExec in
      let events = logs.map { log in
        log.filter { ($0.syscall?["syscall"] == Self.execve) == isExec }.inOrderOfText
      }
      return try Comparison(
        "programs-\(isExec)",
        reference: isExec ? events[0].map(\.withoutRepeatedPaths) : events[0],
        candidate: events[1], in: run.area,
        ignoring: isExec ? ["SYSCALL.items", "PATH.item"] : [])
    }
  }

  /// How many records differ, as docs/parity.md tells: the items of a rename that is refused, the clock's offset where a
  /// second ends just then, the working directory that a pivot_root has moved, and the name of a module that is there.
  private static let known: [String: [String: Int]] = [
    "rename, failed": ["SYSCALL": 2], "adjtimex, settimeofday, …": ["TIME_ADJNTPVAL": 2],
    "mount, umount2, pivot_root, …": ["CWD": 1],
    "init_module, delete_module, …, failed": ["KERN_MODULE": 1],
  ]

  /// What is not compared: of an exec what TOMOYO looks up once more; of files whose attributes change all the time their
  /// capabilities, which cannot always be asked for in time.
  private static func ignored(_ calls: String) -> [String] {
    switch calls {
    case "execve": ["SYSCALL.items", "PATH.item"]
    case "getxattr, setxattr, …", "32-bit: stat64, chmod, getxattr, …":
      ["cap_fp", "cap_fi", "cap_fe", "cap_fver", "cap_frootid"].map { "PATH.\($0)" }
    default: []
    }
  }

  @Test(arguments: BootedGuests.lines)
  func whatNoRuleAsksForIsTheKernelsOwn(line: String) throws {
    let run = try run(line)
    let theirs = try OwnRecords.told(in: run.kernelLog)
    #expect(try OwnRecords.told(in: run.log()) == theirs)
    let counts = OwnRecords.counts(theirs)
    #expect(counts == ["ANOM_ABEND": 8, "SECCOMP": 9, "LOGIN": 4, "ANOM_PROMISCUOUS": 8])
  }

  /// auditd has two spaces behind its own, which ends with a newline in /proc.
  @Test(arguments: BootedGuests.lines)
  func aDaemonHasItsLabelAsAuditdHas(line: String) throws {
    let run = try run(line)
    for type in ["DAEMON_START", "DAEMON_END"] {
      let labels = [try run.kernelEvents(), try run.events()].map { events in
        events.compactMap { $0.first(type)?["subj"] }
      }
      #expect(labels == [["unconfined"], ["unconfined"]], "\(type)")
    }
    // A container's daemon is nobody's there.
    for event in try run.events(of: "box") {
      for record in event.records where record.type.hasPrefix("DAEMON_") {
        #expect(record["subj"] == nil)
      }
    }
  }

  @Test(arguments: BootedGuests.lines)
  func whatListenersAnswerIsTheKernelsOwn(line: String) throws {
    let run = try run(line)
    let theirs = try OwnRecords.events(with: "FANOTIFY", in: run.kernelLog).map(Self.withoutTomoyo)
    let ours = try OwnRecords.events(with: "FANOTIFY", in: run.log()).map(Self.withoutTomoyo)
    #expect(ours == theirs)
    #expect(theirs.count == 7)
    let answers = theirs.joined().filter { $0.hasPrefix("FANOTIFY") }
    #expect(answers.contains { $0.contains(" fan_info=2AF ") } == (line != "6.1"))
    #expect(theirs.allSatisfy { event in event.contains { $0.hasPrefix("SYSCALL") } })
  }

  @Test(arguments: BootedGuests.lines)
  func programsThatComeAndGoAreTheKernelsOwn(line: String) throws {
    let run = try run(line)
    let theirs = try OwnRecords.events(with: "BPF", in: run.kernelLog)
    let log = try OwnRecords.events(with: "BPF", in: run.log())
    // Those before are from when the kernel's audit was off.
    let texts = Set(theirs.joined().filter { $0.hasPrefix("BPF") })
    let ours = log.filter { event in event.contains { texts.contains($0) } }
    func programs(_ events: [[String]], _ operation: String) -> [String] {
      events.joined().filter { $0.hasPrefix("BPF") && $0.hasSuffix(operation) }.sorted()
    }
    for operation in ["op=LOAD", "op=UNLOAD"] {
      #expect(programs(ours, operation) == programs(theirs, operation))
      #expect(programs(theirs, operation).count >= 6)
    }
    // The two that a socket had go in an interrupt: the kernel tells of them with whatever that has interrupted.
    let alone = Set(ours.filter { $0.count == 1 && $0[0].hasSuffix("op=UNLOAD") }.joined())
    let interrupting = Set(theirs.filter { $0.count > 1 }.joined().filter(alone.contains))
    #expect(interrupting.count <= 2, "\(interrupting)")
    let withoutThem = theirs.map { event in event.filter { !interrupting.contains($0) } }
    for text in texts.subtracting(interrupting) {
      let found = [withoutThem, ours].map { events in events.first { $0.contains(text) } ?? [] }
      #expect(found[0] == found[1])
    }
  }

  /// TOMOYO looks every executable up once more: of equal records the first alone, without their number.
  private static func withoutTomoyo(_ event: [String]) -> [String] {
    guard event.contains(where: { $0.hasPrefix("SYSCALL") && $0.contains(" syscall=59 ") }) else {
      return event
    }
    var seen: Set<String> = []
    return event.map { $0.replacing(/\b(item|items)=\d+/, with: "") }
      .filter { seen.insert($0).inserted }
  }

  /// The task's memory is gone when sched_process_exit comes, before Linux 6.16.
  @Test(arguments: BootedGuests.lines)
  func anExitHasItsProgramAndItsTitle(line: String) throws {
    let run = try run(line)
    func exits(_ events: [AuditEvent]) -> [[String]] {
      events.filter { $0.syscall?["key"] == "exit" }.map { event in
        event.records.map { "\($0.type): \($0.text.replacing(/\ subj=\S+/, with: ""))" }
      }
    }
    let theirs = exits(try run.kernelEvents())
    let ours = exits(try run.events())
    #expect(theirs.count == 1 && ours.count == GuestRun.phases.count)
    #expect(ours.last == theirs.first)
    let program = run.area.path + "/memory/echo"
    for exit in ours { #expect(exit.first?.contains(" exe=\"\(program)\" ") == true, "\(exit)") }
  }

  @Test(arguments: BootedGuests.lines, GuestRun.places)
  func aWatchSeesWhatTheKernelsWatchSees(line: String, place: String) throws {
    let run = try run(line)
    let logs = ["reference", "candidate"].map { run.area.appending(path: "\(place).\($0)") }
    for (log, events) in zip(logs, [try run.kernelEvents(), try run.events()]) {
      try AuditEvent.write(events.filter { $0.syscall?["key"] == "\(place)-beside" }, to: log)
    }
    // Items: of a rename the tracepoints lack what is replaced, and an overlay's own work below
    // it is nothing that the caller named.
    let comparison = try Comparison(
      reference: logs[0], candidate: logs[1], ignoring: ["SYSCALL.items"])
    #expect(comparison.missing == 0, "\(comparison.text)")
    for type in ["SYSCALL", "CWD", "PROCTITLE"] {
      #expect(comparison.records[type]?.isWhole == true, "\(comparison.text)")
    }
    // On an overlay the kernel's watch does not see that its file is removed. Ours does.
    let kernel = accesses(try AuditEvent.read(logs[0]), key: "\(place)-beside")
    let removed = place == "memory" ? [] : Self.accesses.filter { $0.label == "removed" }
    #expect(kernel == Self.accesses.filter { !removed.contains($0) })
    #expect(comparison.extra == removed.count, "\(comparison.text)")
  }

  private static let execve = "59"
}

extension AuditEvent {
  /// Of the PATH records that say the same, the first alone: TOMOYO, which Debian's kernels have,
  /// looks every executable up once more.
  fileprivate var withoutRepeatedPaths: AuditEvent {
    var seen: Set<String> = []
    return dropping { record in
      guard record.type == "PATH", let name = record["name"] else { return false }
      return !seen.insert(name).inserted
    }
  }
}
