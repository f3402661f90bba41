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

    #expect(freezer.isFrozen(path, id: id) == false)
    #expect(freezer.freeze(path, id: id) == .done)
    #expect(freezer.isFrozen(path, id: id) == true)
    #expect(freezer.freeze(path, id: id) == .wasSo)
    // Another one that has its path by now, one that is not there, and none of the hierarchy.
    #expect(freezer.thaw(path, id: id + 1) == .gone)
    #expect(freezer.thaw(path + "/no", id: id) == .gone)
    #expect(freezer.freeze("/../../../../tmp", id: id) == .gone)
    #expect(freezer.isFrozen(path, id: id) == true)
    #expect(freezer.thaw(path, id: id) == .done)
    #expect(freezer.isFrozen(path, id: id) == false)
  }
}
