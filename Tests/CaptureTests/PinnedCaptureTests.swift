import Foundation
import Testing

@testable import Capture

/// Programs that were pinned go on without the process that has loaded them, and the next one goes on in their ring.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root: programs that stay in the kernel"))
struct PinnedCaptureTests {
  private let pins: PinDirectory

  init() { pins = PinDirectory(stateDirectory: "/tmp/pins-of-\(UUID().uuidString.prefix(8))") }

  /// Makes an event that needs no rule.
  private func makeCgroup() throws {
    let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)
    let mount = try #require(
      mounts.split(separator: "\n").map { $0.split(separator: " ") }.first { $0[2] == "cgroup2" })
    let path = "\(mount[1])/nestaudit-\(UUID().uuidString)"
    try #require(mkdir(path, 0o755) == 0)
    rmdir(path)
  }

  /// How many events are in the ring.
  private func drain(_ capture: Capture) -> Int {
    capture.drain({ _ in }, beforeGivingBack: {}).events
  }

  /// Leaves programs that have captured something, of which the place in the ring was not given back.
  private func leave() throws -> (identity: String, position: UInt64) {
    let capture = try Capture(ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins)
    try capture.attach()
    try makeCgroup()
    #expect(drain(capture) > 0)
    capture.leave()
    return (capture.identity, capture.position)
  }

  @Test func theNextGoesOnBehindWhatWasTaken() throws {
    defer { #expect(pins.removeAll()) }
    let left = try leave()
    // Nobody runs, and it is captured all the same.
    try makeCgroup()
    let next = try Capture(
      ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins, kept: left.identity)
    #expect(next.isTakenOver && next.identity == left.identity)
    #expect(next.position < left.position)
    next.takeOver(at: left.position)
    #expect(next.position == left.position)
    #expect(next.control.pointee.undecided == 1)
    #expect(drain(next) > 0)
    try makeCgroup()
    #expect(drain(next) > 0)
    next.leave()
  }

  @Test func aPositionBeyondTheRingIsNotBelieved() throws {
    defer { #expect(pins.removeAll()) }
    let left = try leave()
    let next = try Capture(
      ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins, kept: left.identity)
    let before = next.position
    next.takeOver(at: left.position + 1 << 40)
    #expect(next.position == before)
    next.leave()
  }

  @Test(arguments: [nil, "tracepoints-1048576-0123456789abcdef@1"])
  func aRingOfWhichNothingIsKnownIsNotTakenOver(kept: String?) throws {
    defer { #expect(pins.removeAll()) }
    let left = try leave()
    try makeCgroup()
    let next = try Capture(ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins, kept: kept)
    #expect(!next.isTakenOver && next.identity != left.identity)
    try next.attach()
    let strangers = next.removeStrangers()
    #expect(strangers.count == 1 && strangers[0].version == "abandoned")
    #expect(strangers[0].events > 0 && strangers[0].bytes > 0)
    #expect(pins.contents.map(\.name) == [next.version])
    try makeCgroup()
    #expect(drain(next) > 0)
    next.detach()
    #expect(pins.contents.isEmpty)
  }

  @Test func aRingOfAnotherSizeStays() throws {
    defer { #expect(pins.removeAll()) }
    let left = try leave()
    let next = try Capture(
      ringSize: 2 << 20, backend: .tracepoints, pinnedIn: pins, kept: left.identity)
    #expect(next.isTakenOver && next.ringSize == 1 << 20 && next.identity == left.identity)
    #expect(next.removeStrangers().isEmpty)
    next.detach()
  }

  @Test func otherProgramsAreAnotherVersion() throws {
    defer { #expect(pins.removeAll()) }
    let left = try leave()
    let version = try #require(pins.contents.first).name
    let other = "tracepoints-1048576-0123456789abcdef"
    #expect(rename(pins.path + "/" + version, pins.path + "/" + other) == 0)
    let next = try Capture(
      ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins, kept: left.identity)
    #expect(!next.isTakenOver)
    #expect(pins.contents.count == 2)
    #expect(next.removeStrangers().map(\.version) == [other])
    next.detach()
  }

  @Test func itIsRootsAlone() throws {
    defer { #expect(pins.removeAll()) }
    _ = try leave()
    var status = stat()
    #expect(lstat(pins.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    chmod(pins.path, 0o755)
    #expect(throws: CaptureError.self) {
      _ = try Capture(ringSize: 1 << 20, backend: .tracepoints, pinnedIn: pins)
    }
  }
}
