import Foundation
import Testing

@testable import Containers

/// Real cgroups, in which nothing runs.
@Suite(.enabled(if: geteuid() == 0, "needs root: cgroups"))
struct CgroupFreezerTests {
  @Test func onlyTheCgroupThatIsMeantIsFrozen() throws {
    let hierarchy = try #require(CgroupHierarchy())
    let freezer = CgroupFreezer(hierarchy)
    let path = "/nestaudit-freezer-\(getpid())"
    let directory = hierarchy.mountPoint + path
    try #require(mkdir(directory, 0o755) == 0)
    defer { rmdir(directory) }
    let id = try #require(hierarchy.id(of: path))
    #expect(freezer.file(of: path) == directory + "/cgroup.freeze")

    #expect(freezer.isFrozen(id) == false)
    #expect(freezer.freeze(id) == .done)
    #expect(freezer.isFrozen(id) == true)
    #expect(freezer.freeze(id) == .wasSo)
    // Another one that has its path by now, and none.
    #expect(freezer.thaw(id + (1 << 32)) == .gone)
    #expect(freezer.freeze(.max) == .gone)
    #expect(hierarchy.has(id, at: path) && hierarchy.has(id, at: "/there/is/none"))
    #expect(freezer.isFrozen(id) == true)
    #expect(freezer.thaw(id) == .done)
    #expect(freezer.isFrozen(id) == false)
    try #require(rmdir(directory) == 0)
    #expect(freezer.freeze(id) == .gone)
    #expect(!hierarchy.has(id, at: path))
  }
}
