import Glibc
import TestSupport
import Testing

@testable import Collector

/// Files that have no name any more are let go of.
struct LogRemoverTests {
  @Test func allAreClosedHoweverManyThereAre() throws {
    try withTemporaryDirectory { area in
      let path = area.appending(path: "audit.log.9").path
      let descriptors = (0..<40).map { _ in open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
      let file = open(path, O_RDONLY | O_CLOEXEC)
      defer { close(file) }
      // A lock of the file's description, which is free once its last descriptor is closed.
      for descriptor in descriptors { try #require(flock(descriptor, LOCK_SH) == 0) }
      #expect(flock(file, LOCK_EX | LOCK_NB) != 0)
      for descriptor in descriptors { LogRemover.close(descriptor) }
      try wait(for: "the last one to be closed") { flock(file, LOCK_EX | LOCK_NB) == 0 }
    }
  }
}
