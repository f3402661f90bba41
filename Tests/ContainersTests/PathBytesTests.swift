import Testing

@testable import Containers

/// Paths whose names a container has chosen.
struct PathBytesTests {
  /// A mark that joins what is before it to one character.
  private static let mark = "\u{301}"

  @Test func aPathIsBelowADirectoryByItsBytes() {
    #expect("/a/b".isPath(below: "/a"))
    #expect("/a/b".isPath(below: "/"))
    #expect("/a/\(Self.mark)b".isPath(below: "/a"))
    #expect("/\(Self.mark)b".isPath(below: "/"))
    for other in ["/a", "/a/", "/ab", "/ab/c", "/", "", "a/b", "/a\(Self.mark)/b"] {
      #expect(!other.isPath(below: "/a"), "\(other)")
    }
    // Two spellings of one text.
    #expect(!"/\u{e9}/b".isPath(below: "/e\(Self.mark)"))
    #expect(!"/\u{e9}".isPath(in: "/e\(Self.mark)"))
    #expect("/\u{e9}".isPath(in: "/\u{e9}"))
    #expect(!"/".isPath(below: "/"))
    #expect("/".isPath(in: "/"))
  }

  @Test func itsComponentsAreThoseOfTheKernel() {
    #expect("/a/\(Self.mark)b//c".pathNames == ["a", "\(Self.mark)b", "c"])
    #expect("/\(Self.mark)".isAbsolutePath)
    #expect(!"a/".isAbsolutePath && !"".isAbsolutePath)
  }

  /// A tenant may call what it has in its cgroup as it likes: it stays in its container.
  @Test func aContainerStaysInTheOneAroundItWhateverItIsCalled() {
    func container(_ contid: UInt64, _ path: String) -> Container {
      Container(
        contid: contid, outer: nil, cgroupPath: path, pids: [1], pidNamespace: 1, uidMap: [],
        gidMap: [])
    }
    let outer = container(1, "/machine/web")
    let others = [outer, container(2, "/machine/we"), container(3, "/machine/web\(Self.mark)")]
    for name in ["inner", "\(Self.mark)inner", "a/\(Self.mark)b"] {
      let inner = container(4, "/machine/web/\(name)")
      #expect(RunningContainers.withOuter(inner, among: others + [inner]).outer == 1)
    }
    #expect(RunningContainers.withOuter(others[2], among: others).outer == nil)
  }
}
