import Foundation
import Testing

@testable import Containers

struct ContainerRootTests {
  @Test func aPathIsLookedUpInTheRoot() throws {
    guard let root = ContainerRoot(ofProcess: UInt32(getpid())) else {
      Issue.record("our own root cannot be opened")
      return
    }
    var status = stat()
    try #require(stat("/etc/passwd", &status) == 0)
    let found = root.identity(of: "/etc/passwd")
    let above = root.identity(of: "/../../etc/passwd")
    let none = root.identity(of: "/there/is/none")
    #expect(found?.ino == UInt64(status.st_ino))
    #expect(found?.dev == ContainerRoot.kernelDevice(status.st_dev))
    #expect(above?.ino == found?.ino)
    #expect(none == nil)
  }

  @Test func whatIsAboveAFileIsToldUnlessALinkIsInItsPath() throws {
    guard let root = ContainerRoot(ofProcess: UInt32(getpid())) else {
      Issue.record("our own root cannot be opened")
      return
    }
    let chain = root.ancestry(of: "/etc/passwd")
    let places = ["/etc/passwd", "/etc", "/"].map { root.identity(of: $0) }
    let through = root.ancestry(of: "/proc/self/status")
    let none = root.ancestry(of: "/there/is/none")
    #expect(chain == places)
    #expect(through == nil)
    #expect(none == nil)
  }

  @Test func aProcessOfAnotherCgroupHasNoRootForUs() throws {
    let pid = UInt32(getpid())
    let own = try #require(ProcessFile.cgroupPath(pid))
    let isOurs = ContainerRoot(ofProcess: pid, in: own) != nil
    let isOthers = ContainerRoot(ofProcess: pid, in: own + "/another") != nil
    #expect(isOurs && !isOthers)
  }

  @Test func magicLinksLeadNowhere() throws {
    guard let root = ContainerRoot(ofProcess: UInt32(getpid())) else {
      Issue.record("our own root cannot be opened")
      return
    }
    let through = root.identity(of: "/proc/self/root/etc/passwd")
    let program = root.identity(of: "/proc/self/exe")
    #expect(through == nil)
    #expect(program == nil)
  }

  @Test func aProcessThatIsGoneHasNone() {
    if ContainerRoot(ofProcess: .max) != nil { Issue.record("a root of nobody") }
  }

  @Test func devicesAreTheKernels() {
    #expect(ContainerRoot.kernelDevice(0x0801) == 8 << 20 | 1)
    #expect(ContainerRoot.kernelDevice(0xfe00) == 254 << 20)
    // Larger majors and minors are spread over the word (bits/sysmacros.h).
    let (major, minor) = (dev_t(300), dev_t(70000))
    let spread = major << 8 | minor & 0xff | (minor & ~0xff) << 12
    #expect(ContainerRoot.kernelDevice(spread) == 300 << 20 | 70000)
  }
}
