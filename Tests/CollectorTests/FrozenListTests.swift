import Foundation
import TestSupport
import Testing

@testable import Collector

struct FrozenListTests {
  private static let web = FrozenList.Cgroup(path: "/a b/web", id: 44)
  private static let db = FrozenList.Cgroup(path: "/db", id: 45)

  /// Whoever is killed must have written it down before.
  @Test func whatIsAddedIsInTheFileAtOnce() throws {
    let area = try Area()
    var list = FrozenList(in: area.path)
    let added = [list.add(Self.web), list.add(Self.db), list.add(Self.web)]
    #expect(added == [true, true, true])
    let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    #expect(try area.read("frozen") == boot + "44 /a b/web\n45 /db\n")
    #expect(try area.mode("frozen") == 0o600)
    list.remove(Self.web)
    #expect(try area.read("frozen") == boot + "45 /db\n")
    list.remove(Self.db)
    #expect(try area.names() == [])
  }

  @Test func whatCannotBeWrittenDownIsNotAdded() {
    var list = FrozenList(in: "/no/such/directory")
    let isAdded = list.add(Self.web)
    #expect(!isAdded)
    #expect(list.cgroups == [])
  }
}
