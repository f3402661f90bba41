import Foundation
import Testing

@testable import Containers

struct ProcessFileTests {
  private let pid = UInt32(getpid())

  @Test func numbersOfALineAreRead() {
    let lines: [Substring] = ["Name:\tx", "NSpid:\t123\t4\t1", "PPid:\t7"]
    #expect(ProcessFile.numbers(lines, "NSpid") == [123, 4, 1])
    #expect(ProcessFile.numbers(lines, "PPid") == [7])
    #expect(ProcessFile.numbers(lines, "NSpgid") == [])
  }

  @Test func ourOwnProcessIsThere() throws {
    let map = try #require(ProcessFile.idMap(pid, "uid_map"))
    #expect(map.first?.first == 0)
    #expect(try #require(ProcessFile.namespace(pid, "pid")) > 0)
    #expect(ProcessFile.cgroupPath(pid)?.hasPrefix("/") == true)
  }

  @Test func aProcessThatIsGoneIsNone() {
    #expect(ProcessFile.lines("/proc/\(UInt32.max)/status") == nil)
    #expect(ProcessFile.namespace(.max, "pid") == nil)
    #expect(ProcessFile.idMap(.max, "uid_map") == nil)
  }

  @Test func theHierarchyKnowsItsCgroups() throws {
    let hierarchy = try #require(CgroupHierarchy(), "no cgroup2 is mounted here")
    let path = try #require(ProcessFile.cgroupPath(pid))
    #expect(hierarchy.id(of: path) != nil)
    #expect(try #require(hierarchy.processCount("/")) >= 1)
    #expect(hierarchy.id(of: "/there/is/none") == nil)
    #expect(hierarchy.processCount("/there/is/none") == nil)
  }
}
