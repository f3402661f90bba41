import Foundation
import Synchronization
import Testing

@testable import Control

struct ControlServerTests {
  @Test func clientGetsWhatTheCollectorSays() throws {
    try withServer { state in
      for _ in 1...2 {
        let reply = try ControlClient.status(state: state)
        #expect(reply == sampleStatus)
      }
    }
  }

  @Test func socketIsForTheOwnerOnlyAndGoesWithTheServer() throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area)
      let server = try ControlServer.start(
        state: state, answers: answers { sampleStatus })
      var status = stat()
      #expect(stat(state.socketPath, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      server.stop()
      #expect(access(state.socketPath, F_OK) != 0)
      #expect(throws: ControlError.noCollector(socket: state.socketPath)) {
        try ControlClient.status(state: area)
      }
    }
  }

  @Test func socketOfADeadCollectorIsReplaced() throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area)
      #expect(FileManager.default.createFile(atPath: state.socketPath, contents: nil))
      let server = try ControlServer.start(
        state: state, answers: answers { sampleStatus })
      defer { server.stop() }
      let reply = try ControlClient.status(state: area)
      #expect(reply == sampleStatus)
    }
  }

  @Test func collectorOnItsWayOutSaysSo() throws {
    try withServer(status: { nil }) { state in
      #expect(throws: ControlError.refused("stopping")) {
        try ControlClient.status(state: state)
      }
    }
  }

  @Test func rulesComeAsTheyAre() throws {
    try withServer { state in
      let reply = try ControlClient.rules(of: "web", state: state)
      #expect(reply == sampleRules)
    }
  }

  @Test func aRecordingComesAsItIs() throws {
    try withServer { state in
      var source = try ControlClient.record(only: ["a\n", "bc"], state: state)
      var bytes: [UInt8] = []
      while let more = try source.nextBytes(milliseconds: 1000) { bytes += more }
      #expect(bytes == Array("a\nbc".utf8))
      #expect(throws: ControlError.refused("there is no such container")) {
        _ = try ControlClient.record(only: ["nobody"], state: state)
      }
      try ControlClient.endRecord(state: state)
    }
  }

  @Test func contidsAndAnnouncementsGoBothWays() throws {
    try withServer { state in
      let asked = ContidRequest(process: 12, contid: .max, from: 3)
      let reply = try ControlClient.contid(asked, state: state)
      #expect(reply.contids == [.max, 3] && reply.container == "12")
      #expect(reply.error == "\(geteuid())" && reply.code == "EBUSY")
      #expect(
        try ControlClient.announce(77, state: state, seconds: 5)
          == AnnounceReply(container: "web", daemons: ["77"], isReady: true))
    }
  }

  @Test func whoAsksForAReloadIsKnown() throws {
    try withServer { state in
      let reply = try ControlClient.reload(state: state)
      #expect(reply == ReloadReply(done: "asked by \(getpid()), \(geteuid())", warnings: ["odd"]))
    }
  }

  @Test(arguments: [
    ("what?\n", "not a request"), (#"{"op":"dance"}"# + "\n", "unknown request 'dance'"),
    (String(repeating: "x", count: 70_000), "request too long: 65536 bytes at most"),
    (String(repeating: "x", count: 1 << 20), "request too long: 65536 bytes at most"),
  ])
  func nonsenseIsRefused(request: String, reason: String) throws {
    try withServer { state in
      let path = StateDirectory.socketPath(in: state)
      let line = try ControlClient.exchange(Array(request.utf8), path)
      let response = try Wire.decode(Response.self, from: line)
      #expect(response.error == reason)
    }
  }

  @Test func manyAskAtOnce() async throws {
    let calls = Mutex(0)
    let area = "/tmp/nestaudit.\(UUID().uuidString.prefix(8))"
    defer { try? FileManager.default.removeItem(atPath: area) }
    let state = try StateDirectory(path: area)
    let server = try ControlServer.start(
      state: state,
      answers: answers {
        calls.withLock { $0 += 1 }
        return sampleStatus
      })
    defer { server.stop() }
    try await withThrowingTaskGroup(of: StatusReply.self) { group in
      for _ in 0..<20 { group.addTask { try ControlClient.status(state: area) } }
      for try await reply in group { #expect(reply == sampleStatus) }
    }
    #expect(calls.withLock { $0 } == 20)
  }

  @Test func pathThatIsTooLongIsNamed() throws {
    let long = "/tmp/" + String(repeating: "x", count: 120)
    #expect(throws: ControlError.pathTooLong(long + "/control.sock")) {
      try ControlClient.status(state: long)
    }
  }

  private func withServer(
    status: @escaping @Sendable () -> StatusReply? = { sampleStatus },
    _ body: (String) throws -> Void
  ) throws {
    try withDirectory { area in
      let server = try ControlServer.start(
        state: StateDirectory(path: area), answers: answers(status))
      defer { server.stop() }
      try body(area)
    }
  }
}
