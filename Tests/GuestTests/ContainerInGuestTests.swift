import TestSupport
import Testing

/// A container that crun makes in the guest, where there is no cgroup hierarchy but the second.
extension OtherKernels {
  @Test(arguments: BootedGuests.lines)
  func aContainersDaemonSeesItFromTheFirstInstruction(line: String) throws {
    let run = try run(line)
    #expect(try run.text("box") == "told\n")
    let events = try run.events(of: "box").filter { $0.syscall != nil }
    #expect(events.map { $0.syscall?["key"] } == ["inside", "secret", "secret", "inside"])
    #expect(events.first?.first("EXECVE")?["a0"] == "/bin/sh")
    #expect(events.last?.first("EXECVE")?.text == #"argc=2 a0="/bin/echo" a1="told""#)
    #expect(events.allSatisfy { $0.syscall?["success"] == "yes" })
    // Its first process made all but the last event.
    #expect(events.dropLast().allSatisfy { $0.syscall?["pid"] == "1" })
    #expect(events.allSatisfy { $0.syscall?["uid"] == "0" && $0.first("CONTAINER_ID") == nil })
  }

  @Test(arguments: BootedGuests.lines)
  func theHostsDaemonSeesTheSameByItsOwnNumbers(line: String) throws {
    let run = try run(line)
    let inside = try run.events(of: "box").filter { $0.syscall?["key"] == "inside" }
    let outside = try run.events().filter { $0.syscall?["key"] == "inside" }
    #expect(outside.map { $0.first("EXECVE")?.text } == inside.map { $0.first("EXECVE")?.text })
    for event in outside {
      #expect(event.syscall?["uid"] == "\(GuestRun.containerRoot)")
      #expect(event.syscall?["pid"] != "1")
      #expect(event.first("CONTAINER_ID")?["contid"] != nil)
    }
  }

  @Test(arguments: BootedGuests.lines)
  func aDeclaredContainerIsAsLongAsItsTasks(line: String) throws {
    let told = try run(line).events(of: "seven").map { event in
      event.records.map { $0["op"] ?? ($0.type == "EXECVE" ? $0["a1"] : nil) ?? $0.type }.joined(
        separator: " ")
    }
    #expect(
      told == ["start", "set", "SYSCALL declared CWD PATH PATH PROCTITLE", "drop", "terminate"])
  }

  /// Linux 6.1 gives no descriptor of whoever has connected: only a number.
  @Test(arguments: BootedGuests.lines)
  func whoAsksFromAContainerHasItsOwnDaemonAlone(line: String) throws {
    let run = try run(line)
    let answers = try run.text("asker")
    #expect(
      answers == """
        \(GuestRun.askersRule)
        0
        nestaudit: Operation not permitted: 'host' is no daemon of this container
        4
        nestaudit: Operation not permitted: only root of the container may
        4
        -1
        0

        """)
    for (daemon, first) in [("asker", UInt32(0)), ("host", GuestRun.askersRoot)] {
      let told = try run.events(of: daemon).compactMap { $0.first("CONFIG_CHANGE") }
      #expect(told.map { $0["op"] } == ["list", "remove_rule"])
      #expect(told.map { $0["uid"] } == ["\(first)", "\(first + 1000)"])
      #expect(told.allSatisfy { $0["res"] == "0" && $0["pid"] != "0" })
    }
  }
}
