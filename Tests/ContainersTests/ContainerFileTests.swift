import Foundation
import TestSupport
import Testing

@testable import Containers

/// Files that a container may have put in the way of whoever reads them.
struct ContainerFileTests {
  private let area: Area

  init() throws { area = try Area() }

  private func read(
    _ name: String, limit: Int = 1 << 20, unless known: FileVersion? = nil
  ) -> ContainerFile? {
    ContainerRoot(ofProcess: UInt32(getpid()))?
      .read("\(area.path)/\(name)", limit: limit, unless: known)
  }

  private func text(_ name: String, limit: Int = 1 << 20) -> String? {
    guard case .read(let content, _) = read(name, limit: limit) else { return nil }
    return String(decoding: content, as: UTF8.self)
  }

  /// Of a file system that the container has made itself.
  @Test(arguments: [Int.min, -9_223_372_036, -1, 9_223_372_036, .max])
  func aTimeThatCannotBeIsNoReasonToTrustAFile(seconds: Int) throws {
    var status = stat()
    status.st_ctim = timespec(tv_sec: seconds, tv_nsec: 999_999_999)
    let isSettled = FileVersion(status).isSettled
    if seconds == 9_223_372_036 { #expect(!isSettled) }
  }

  @Test func aFileIsReadUpToTheLimit() throws {
    try area.write(String(repeating: "0123456789", count: 10_000), to: "large")
    try area.write("", to: "empty")
    #expect(text("large")?.count == 100_000)
    #expect(text("large", limit: 50_005)?.suffix(6) == "901234")
    #expect(text("empty") == "")
  }

  @Test func aFileWithoutAnEndIsReadUpToTheLimit() throws {
    let descriptor = open(area.path + "/sparse", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    try #require(ftruncate(descriptor, 1 << 40) == 0)
    #expect(text("sparse", limit: 4096)?.utf8.count == 4096)
  }

  @Test func whatIsNoFileIsNotOpened() throws {
    try #require(mkfifo(area.path + "/fifo", 0o600) == 0)
    try #require(mkdir(area.path + "/directory", 0o700) == 0)
    try #require(symlink("/dev/zero", area.path + "/device") == 0)
    try #require(symlink("loop", area.path + "/loop") == 0)
    try #require(symlink("fifo", area.path + "/link") == 0)
    for name in ["fifo", "directory", "device", "loop", "link", "none"] {
      guard case .none? = read(name) else {
        Issue.record("\(name) was read")
        continue
      }
    }
  }

  @Test func aFileThatHasNotChangedIsNotReadAgain() throws {
    try area.write("one", to: "file")
    var version: FileVersion?
    // Until a change in the same tick of the clock would show.
    while version == nil {
      guard case .read(_, let read)? = read("file") else {
        Issue.record("not read")
        return
      }
      version = read
      usleep(10_000)
    }
    guard case .unchanged? = read("file", unless: version) else {
      Issue.record("read again")
      return
    }
    try area.write("two", to: "file")
    guard case .read(let content, _)? = read("file", unless: version) else {
      Issue.record("its change was not seen")
      return
    }
    #expect(content == Array("two".utf8))
    try area.write("six", to: "other")
    area.move("other", to: "file")
    #expect(text("file") == "six")
  }
}
