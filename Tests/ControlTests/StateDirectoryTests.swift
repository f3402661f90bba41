import Foundation
import Testing

@testable import Control

struct StateDirectoryTests {
  @Test func directoryAndLockAreForTheOwnerOnly() throws {
    try withDirectory { area in
      let path = area + "/run/state"
      let state = try StateDirectory(path: path)
      var status = stat()
      #expect(stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o700)
      #expect(stat(path + "/lock", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      #expect(state.socketPath == path + "/control.sock")
    }
  }

  @Test func secondCollectorIsToldWhoTheFirstIs() throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area)
      #expect(throws: ControlError.heldBy(pid: String(getpid()), directory: area)) {
        _ = try StateDirectory(path: area)
      }
      withExtendedLifetime(state) {}
    }
  }

  @Test func lockIsFreeWhenTheFirstIsGone() throws {
    try withDirectory { area in
      do { _ = try StateDirectory(path: area) }
      _ = try StateDirectory(path: area)
    }
  }

  @Test func lockThatIsALinkIsRefused() throws {
    try withDirectory { area in
      symlink("/dev/null", area + "/lock")
      #expect(throws: ControlError.self) { _ = try StateDirectory(path: area) }
    }
  }
}
