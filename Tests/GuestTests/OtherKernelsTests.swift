import Foundation
import TestSupport
import Testing

/// What the host's daemon writes on Debian's kernels.
@Suite(
  .serialized, .enabled(if: Machine.isRoot, "needs root: other kernels, in virtual machines"),
  .guests)
struct OtherKernels {
  /// An access of a watched file: what the process that made it is called, and by which syscall.
  struct Access: Equatable, CustomStringConvertible {
    let label: String
    let syscall: String

    var description: String { "\(label) \(syscall)" }
  }

  /// Numbers of syscalls.
  private static let (openat, rename, unlink, chmod) = ("257", "82", "87", "90")

  /// Of the accesses that the script makes in each place, those that the watch is for.
  static let accesses = [
    Access(label: "made", syscall: openat), Access(label: "read", syscall: openat),
    Access(label: "appended", syscall: openat), Access(label: "replaced", syscall: rename),
    Access(label: "read-again", syscall: openat), Access(label: "appended-again", syscall: openat),
    Access(label: "changed", syscall: chmod), Access(label: "removed", syscall: unlink),
    Access(label: "made-again", syscall: openat),
  ]

  func run(_ line: String) throws -> GuestRun {
    try #require(BootedGuests.runs[line])
  }

  func accesses(_ events: [AuditEvent], key: String) -> [Access] {
    events.filter { $0.syscall?["key"] == key }.map { event in
      Access(label: event.label ?? "?", syscall: event.syscall?["syscall"] ?? "?")
    }
  }

  @Test(arguments: BootedGuests.lines)
  func everyProgramLoadsAndIsAttached(line: String) throws {
    let run = try run(line)
    let start = try #require(try run.events().first?.first("DAEMON_START"))
    #expect(start["kernel"]?.hasPrefix(line + ".") == true)
    let doctor = try run.text("doctor")
    let collector = try run.text("collector")
    #expect(!doctor.contains("fail "), "\(doctor)")
    #expect(collector.contains("ready"))
    #expect(doctor.contains("backend hooks"), "\(doctor)")
    #expect(doctor.contains("every program loads"), "\(doctor)")
    #expect(!collector.contains("is not there"), "\(collector)")
  }

  @Test(arguments: BootedGuests.lines)
  func everyAccessOfAWatchedFileIsThere(line: String) throws {
    let events = try run(line).events()
    for place in GuestRun.places {
      for phase in GuestRun.phases {
        let key = "\(place)-\(phase)"
        #expect(accesses(events, key: key) == Self.accesses, "\(key)")
      }
    }
  }

  @Test(arguments: BootedGuests.lines)
  func anExecIsThereWithItsArguments(line: String) throws {
    let run = try run(line)
    let execs = try run.events().filter { $0.syscall?["key"] == "exec" }
    #expect(execs.count == GuestRun.phases.count)
    for exec in execs {
      let program = run.area.path + "/memory/echo"
      #expect(exec.syscall?["exe"] == program)
      #expect(exec.syscall?["success"] == "yes")
      let arguments = try #require(exec.first("EXECVE"))
      #expect(arguments.text == "argc=3 a0=\"\(program)\" a1=74776F20776F726473 a2=FF")
      #expect(exec.syscall?["a1"] != "0")
    }
  }

  @Test(arguments: BootedGuests.lines)
  func nothingElseIsThereAndNothingIsLost(line: String) throws {
    let run = try run(line)
    let events = try run.events()
    let asked = GuestRun.places.flatMap { place in GuestRun.phases.map { "\(place)-\($0)" } }
    let keys = Set(events.compactMap { $0.syscall.map { $0["key"] ?? "(no key)" } })
    #expect(
      keys == Set(asked + ["exec", "exit", "inside", "parity", "programs", "ring", "(null)"]))
    let others = events.filter { $0.syscall == nil }.compactMap { $0.records.first?.type }
      .filter { !(OwnRecords.types + ["BPF", "URINGOP"]).contains($0) }
    // Three containers begin and end; the second one asks for what it may not.
    let pair = ["CONTAINER_OP", "CONTAINER_OP"]
    let asker = ["CONTAINER_OP", "CONTAINER_ID", "CONTAINER_ID", "CONTAINER_OP"]
    #expect(others == ["DAEMON_START"] + pair + asker + pair + ["DAEMON_END"])
    #expect(events.compactMap(\.gap) == [])
    #expect(events.map(\.serial) == Array(1...UInt64(events.count)))
    let status = try run.status()
    #expect(status.daemons.allSatisfy { $0.lost == 0 })
    #expect(status.containers.allSatisfy { $0.lost == 0 && $0.unconfirmed == 0 })
  }
}

extension AuditEvent {
  /// What `guest` called the process: the argument behind the shell's command.
  var label: String? {
    guard let text = first("PROCTITLE")?["proctitle"] else { return nil }
    let bytes = stride(from: 0, to: text.utf8.count - 1, by: 2).compactMap { place in
      UInt8(text.dropFirst(place).prefix(2), radix: 16)
    }
    let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return arguments.count > 4 ? arguments[4] : nil
  }
}
