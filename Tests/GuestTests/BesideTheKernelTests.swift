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
      in: run.area, ignoring: { $0 == "execve" ? ["SYSCALL.items", "PATH.item"] : [] })
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
        #expect(share.isWhole, "\(row.calls): \(type)\n\(row.comparison.text)")
      }
      if row.objects != .some, let paths = row.comparison.records["PATH"] {
        #expect(paths.isWhole, "\(row.comparison.text)")
      }
    }
    let events = rows.reduce(into: Comparison.Share.none) { sum, row in
      sum.identical += row.comparison.events.identical
      sum.total += row.comparison.events.total
    }
    #expect(Double(events.identical) >= 0.99 * Double(events.total))
  }

  @Test(arguments: BootedGuests.lines)
  func whatNoRuleAsksForIsTheKernelsOwn(line: String) throws {
    let run = try run(line)
    let theirs = try OwnRecords.told(in: run.kernelLog)
    #expect(try OwnRecords.told(in: run.log()) == theirs)
    let counts = OwnRecords.counts(theirs)
    #expect(counts == ["ANOM_ABEND": 8, "SECCOMP": 9, "LOGIN": 4, "ANOM_PROMISCUOUS": 8])
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
    var seen: Set<Substring> = []
    return dropping { record in
      guard record.type == "PATH", let name = record.text.firstRange(of: " name=") else {
        return false
      }
      return !seen.insert(record.text[name.lowerBound...]).inserted
    }
  }
}
