import Testing

@testable import Collector

/// Paths as rules see them.
struct EventNamesTests {
  private func normalised(_ path: String, base: String?) -> String {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
    defer { memory.deallocate() }
    return Array(path.utf8).withUnsafeBytes { path in
      guard let base else {
        return String(
          decoding: EventNames.normalise(path, base: nil, into: memory), as: UTF8.self)
      }
      return Array(base.utf8).withUnsafeBytes { base in
        String(decoding: EventNames.normalise(path, base: base, into: memory), as: UTF8.self)
      }
    }
  }

  @Test(arguments: [
    ("/etc/passwd", "/root", "/etc/passwd"), ("passwd", "/etc", "/etc/passwd"),
    ("../etc//passwd", "/root", "/etc/passwd"), ("./a/./b/", "/", "/a/b"),
    ("/../../etc", "/x", "/etc"), ("..", "/a/b", "/a"), ("../../..", "/a", "/"), ("", "/a", "/a"),
    ("/", "/a", "/"), ("...", "/", "/..."), ("a..b/.c", "/", "/a..b/.c"),
  ])
  func theyAreAbsoluteAndWithoutDetours(path: String, base: String, expected: String) {
    #expect(normalised(path, base: base) == expected)
  }

  @Test func withoutADirectoryTheyBeginAtTheRoot() {
    #expect(normalised("a/b", base: nil) == "/a/b")
  }

  @Test func whatDoesNotFitIsCutAtAName() {
    let long = String(repeating: "/abcdefghi", count: 20)
    #expect(normalised(long, base: nil) == String(repeating: "/abcdefghi", count: 6))
  }
}
