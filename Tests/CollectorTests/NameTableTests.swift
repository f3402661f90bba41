import Foundation
import TestSupport
import Testing

@testable import AuditRecords
@testable import Collector

/// Names as a container's files have them, in a root of its own.
@Suite(.enabled(if: Machine.isRoot, "needs root: a process in a root of its own"))
struct NameTableTests {
  /// A root with a process in it.
  private final class Root {
    let area: Area
    private let program: Program
    let place: NamePlace

    init() throws {
      area = try Area()
      try area.write("", to: "etc/passwd")
      try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: area.path + "/busybox")
      program = try Program("chroot", [area.path, "/busybox", "sleep", "1000"])
      let pid = program.pid
      try wait(for: "the process in its root") {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe"))?
          .hasSuffix("busybox") == true
      }
      let text = try String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("0::") })
      place = NamePlace(process: UInt32(pid), cgroup: String(line.dropFirst(3)))
    }

    func end() throws {
      program.signal(SIGKILL)
      _ = try program.finish()
    }
  }

  private func user(_ id: UInt32, _ names: UnsafePointer<IDNames>) -> String {
    shown { $0.append(nameOf: id, in: names.pointee.users) }
  }

  private func group(_ id: UInt32, _ names: UnsafePointer<IDNames>) -> String {
    shown { $0.append(nameOf: id, in: names.pointee.groups) }
  }

  private func shown(_ body: (inout TextBuffer) -> Void) -> String {
    var text = TextBuffer()
    body(&text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  /// Looks again until an id has a name.
  private func expect(
    _ name: String, _ table: NameTable, _ names: UnsafePointer<IDNames>
  ) throws {
    try wait(for: "the name \(name)") {
      table.lookAgain()
      usleep(1000)
      table.take()
      return user(7, names) == name
    }
  }

  @Test func namesAreThereAtOnceAndFollowTheFiles() throws {
    let root = try Root()
    try root.area.write("seven:x:7:7::/:\n", to: "etc/passwd")
    try root.area.write("eight:x:8:\n", to: "etc/group")
    let table = NameTable()
    let names = table.hold(root.place, instance: 1)
    #expect(user(7, names) == "\"seven\"" && group(8, names) == "\"eight\"")
    #expect(user(8, names) == "\"unknown(8)\"" && group(7, names) == "\"unknown(7)\"")

    try root.area.write("other:x:7:7::/:\n", to: "etc/passwd")
    try expect("\"other\"", table, names)
    #expect(group(8, names) == "\"eight\"")
    try FileManager.default.removeItem(atPath: root.area.path + "/etc/passwd")
    try expect("\"unknown(7)\"", table, names)
    try root.area.write("again:x:7:7::/:\n", to: "etc/passwd")
    try expect("\"again\"", table, names)

    // The last known names stay when nobody is in the root any more.
    try root.end()
    try root.area.write("late:x:7:7::/:\n", to: "etc/passwd")
    for _ in 0..<20 {
      table.lookAgain()
      usleep(5000)
      table.take()
    }
    #expect(user(7, names) == "\"again\"")
    table.release(instance: 1)
  }

  @Test func aLinkDoesNotLeadOut() throws {
    let root = try Root()
    try root.area.write("outside:x:7:7::/:\n", to: "outside")
    let table = NameTable()
    let names = table.hold(root.place, instance: 1)
    let file = root.area.path + "/etc/passwd"
    try FileManager.default.removeItem(atPath: file)
    try #require(symlink("../../../../..\(root.area.path)/outside", file) == 0)
    for _ in 0..<20 {
      table.lookAgain()
      usleep(5000)
      table.take()
    }
    #expect(user(7, names) == "\"unknown(7)\"")
    try root.area.write("inside:x:7:7::/:\n", to: root.area.path.dropFirst() + "/outside")
    try expect("\"inside\"", table, names)
    table.release(instance: 1)
    try root.end()
  }

  @Test func whoHoldsTheSameRootSharesItsNames() throws {
    let root = try Root()
    let table = NameTable()
    let first = table.hold(root.place, instance: 1)
    #expect(table.hold(root.place, instance: 1) == first)
    table.release(instance: 1)
    try root.area.write("seven:x:7:7::/:\n", to: "etc/passwd")
    try expect("\"seven\"", table, first)
    table.release(instance: 1)
    let anew = table.hold(root.place, instance: 1)
    #expect(user(7, anew) == "\"seven\"")
    table.release(instance: 1)
    try root.end()
  }
}
