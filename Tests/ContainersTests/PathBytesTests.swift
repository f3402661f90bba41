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

  /// Bytes that are no text, cut and overlong ones, and the characters that stand for such bytes.
  @Test(arguments: [
    Array("/a/\u{e9}/\u{1f600}".utf8), [0x2f, 0xff], [0x2f, 0x80, 0xc3, 0x2f, 0xe2, 0x82],
    [0x2f, 0xc0, 0xaf, 0x2f, 0xed, 0xa0, 0x80, 0x2f, 0xf4, 0x90, 0x80, 0x80],
    Array("/\u{10ff80}\u{10ffff}/\u{10fffd}x".utf8),
    Array("/\u{10ff7f}".utf8) + [0xf4], [0x2f, 0xf0, 0x9f, 0x2f, 0x98],
  ])
  func everyByteOfAPathIsThereAgain(bytes: [UInt8]) {
    let path = String(path: bytes)
    #expect(path.pathBytes == bytes)
    #expect(path.withPath { String(cString: $0) } == String(decoding: bytes, as: UTF8.self))
    let slashes = bytes.count { $0 == UInt8(ascii: "/") }
    #expect(path.utf8.count { $0 == UInt8(ascii: "/") } == slashes)
  }

  @Test func differentBytesAreDifferentPaths() {
    #expect(String(path: [0x2f, 0xff]) != String(path: [0x2f, 0xfe]))
    #expect(String(path: [0x2f, 0xff]) != String(path: "/\u{10ffff}".utf8))
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
