import Glibc
import Testing

@testable import Containers

struct MountPointsTests {
  @Test func onlyWhatIsBelowADirectoryIsGiven() {
    let mounts = MountPoints(paths: ["/", "/dev", "/dev/shm", "/dev/pts", "/device", "/dev/"])
    #expect(mounts.below("/dev", limit: 10) == ["/dev/shm", "/dev/pts"])
    #expect(mounts.below("/dev", limit: 1) == ["/dev/shm"])
    #expect(mounts.below("/", limit: 10).contains("/device"))
    #expect(mounts.below("/srv", limit: 10).isEmpty)
    let marked = MountPoints(paths: ["/dev/\u{301}shm", "/dev\u{301}/shm"])
    #expect(marked.below("/dev", limit: 10) == ["/dev/\u{301}shm"])
  }

  @Test(arguments: [
    (#"/a\040b"#, "/a b"), (#"/a\134b"#, #"/a\b"#), (#"/a\04"#, #"/a\04"#),
    (#"/a\999"#, #"/a\999"#),
    (#"/a\012"#, "/a\n"),
  ])
  func namesAreReadAsTheKernelWritesThem(written: String, path: String) {
    #expect(MountPoints.unescaped(Array(written.utf8)) == path)
  }

  @Test func aProcessThatIsGoneHasNone() {
    #expect(MountPoints(ofProcess: .max).below("/", limit: 10).isEmpty)
  }

  @Test func ourOwnAreFound() {
    #expect(MountPoints(ofProcess: UInt32(getpid())).below("/", limit: 100).contains("/proc"))
  }
}
