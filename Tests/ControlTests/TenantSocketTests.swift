import CNestaudit
import Containers
import Foundation
import Testing

@testable import Control

/// The socket that is mounted into containers.
struct TenantSocketTests {
  /// Runs `body` with the directory that a container would see.
  private func withServer(
    connections: Int = .max, _ body: (_ shared: String) throws -> Void
  ) throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area)
      let server = try ControlServer.start(
        state: state, answers: answers(connections: connections) { sampleStatus })
      defer { server.stop() }
      try body(StateDirectory.sharedDirectory(in: area))
    }
  }

  @Test func everybodyMayConnectAndNobodyElseMayComeBy() throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area + "/state")
      let server = try ControlServer.start(state: state, answers: answers { sampleStatus })
      defer { server.stop() }
      var status = stat()
      #expect(stat(state.path(of: .tenant), &status) == 0 && status.st_mode & 0o777 == 0o666)
      #expect(status.st_mode & S_IFMT == S_IFSOCK)
      let shared = StateDirectory.sharedDirectory(in: area + "/state")
      #expect(stat(shared, &status) == 0 && status.st_mode & 0o777 == 0o755)
      #expect(stat(area + "/state", &status) == 0 && status.st_mode & 0o777 == 0o700)
    }
  }

  @Test func theDirectoryStaysForTheNextCollector() throws {
    try withDirectory { area in
      var before = stat()
      var after = stat()
      do { _ = try StateDirectory(path: area) }
      #expect(stat(StateDirectory.sharedDirectory(in: area), &before) == 0)
      do { _ = try StateDirectory(path: area) }
      #expect(stat(StateDirectory.sharedDirectory(in: area), &after) == 0)
      #expect(before.st_ino == after.st_ino)
    }
  }

  @Test func aLinkInThePlaceOfTheSocketLeadsNowhere() throws {
    try withDirectory { area in
      let state = try StateDirectory(path: area)
      let secret = area + "/secret"
      #expect(FileManager.default.createFile(atPath: secret, contents: nil))
      chmod(secret, 0o600)
      symlink(secret, state.path(of: .tenant))
      let server = try ControlServer.start(state: state, answers: answers { sampleStatus })
      defer { server.stop() }
      var status = stat()
      #expect(stat(secret, &status) == 0 && status.st_mode & 0o777 == 0o600)
      #expect(lstat(state.path(of: .tenant), &status) == 0)
      #expect(status.st_mode & S_IFMT == S_IFSOCK)
    }
  }

  @Test func theAskerIsWhomTheKernelNames() throws {
    try withServer { shared in
      #expect(ControlClient.isInside(state: shared))
      let reply = try ControlClient.control(["-l", "-k", "a b"], of: nil, state: shared)
      #expect(reply.lines == ["-l", "-k", "a b"] && reply.isDenied)
      #expect(reply.warnings == ["own", "tenant"])
      #expect(reply.error == "\(geteuid()) \(getpid())")
    }
  }

  @Test func aReportSaysWhatWasCounted() throws {
    try withServer { shared in
      let all = try ControlClient.reports(of: nil, state: shared)
      #expect(all.error == "tenant" && all.isDenied)
      #expect(all.daemons[0].daemon == "all")
      #expect(all.daemons[0].settings == [.init(name: "enabled", value: 2, note: "x")])
      #expect(all.daemons[0].books.lost == 3 && all.daemons[0].books.losses == ["rate": 3])
      #expect(try ControlClient.reports(of: "web", state: shared).daemons[0].daemon == "web")
    }
  }

  @Test func whatIsForRootAloneIsNotThere() throws {
    try withServer { shared in
      #expect(throws: ControlError.refused("unknown request 'reload'")) {
        try ControlClient.reload(state: shared)
      }
      #expect(throws: ControlError.refused("unknown request 'rules'")) {
        try ControlClient.rules(of: "web", state: shared)
      }
    }
  }

  @Test func linesComeUntilThereAreNoMore() throws {
    try withServer { shared in
      var source = try ControlClient.tail(
        TailRequest(daemon: "web", events: 3, follows: false), state: shared)
      #expect(source.daemon == "web")
      var lines: [String] = []
      while let new = try source.next(milliseconds: 10_000) {
        lines += new.map { String(decoding: $0, as: UTF8.self) }
      }
      #expect(lines == ["line 0", "line 1", "line 2"])
      let refused: String? = {
        do {
          _ = try ControlClient.tail(
            TailRequest(daemon: nil, events: 3, follows: false), state: shared)
          return nil
        } catch { return "\(error)" }
      }()
      #expect(refused == "the collector refused: whose?")
    }
  }

  @Test func ofAHundredConnectionsAsManyAreServedAsThereMayBe() throws {
    try withServer(connections: 4) { shared in
      let path = StateDirectory.clientSocket(in: shared)
      var held: [Int32] = []
      var served = 0
      for _ in 0..<100 {
        let descriptor = try connection(to: path)
        held.append(descriptor)
        let response = try answer(to: "{\"op\":\"ps\"}\n", on: descriptor)
        if response.status == sampleStatus {
          served += 1
        } else {
          #expect(
            response.error == "more connections than max_connections = 4 of scope.conf allows")
        }
      }
      #expect(served == 4)
      for descriptor in held { close(descriptor) }
      let deadline = ContinuousClock.now + .seconds(20)
      var status: StatusReply?
      while status == nil, ContinuousClock.now < deadline {
        status = try? ControlClient.status(state: shared)
      }
      #expect(status == sampleStatus)
    }
  }

  @Test func whatIsHalfSentIsNotWaitedForWithoutEnd() throws {
    try withServer { shared in
      let descriptor = try connection(to: StateDirectory.clientSocket(in: shared))
      defer { close(descriptor) }
      let half = Array("{\"op\":".utf8)
      #expect(send(descriptor, half, half.count, 0) == half.count)
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      #expect(poll(&ready, 1, 60_000) == 1)
      var byte = UInt8(0)
      #expect(recv(descriptor, &byte, 1, 0) == 0, "the connection ends without an answer")
    }
  }

  @Test func whoIsGoneIsNobody() throws {
    let pid = pidOfTheDead()
    let credentials = PeerCredentials(pid: pid, uid: 0, gid: 0)
    #expect(Peer(socket: .tenant, credentials, pidfd: nil) == nil)
    // A number that is another's by now: the descriptor is of who has connected.
    let reused = PeerCredentials(pid: getppid(), uid: 0, gid: 0)
    #expect(
      Peer(socket: .tenant, reused, pidfd: nestaudit_pidfd_open(getpid())) == nil)
    let own = PeerCredentials(pid: getpid(), uid: 5, gid: 0)
    let peer = try #require(Peer(socket: .tenant, own, pidfd: nil))
    #expect(peer.uid == 5 && peer.process == ProcessIdentity(of: UInt32(getpid())))
  }

  /// The number of a process that has ended.
  private func pidOfTheDead() -> pid_t {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/true")
    try? process.run()
    process.waitUntilExit()
    return process.processIdentifier
  }

  private func connection(to path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(result == 0)
    return descriptor
  }

  private func answer(to question: String, on descriptor: Int32) throws -> Response {
    let bytes = Array(question.utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      var byte = UInt8(0)
      try #require(recv(descriptor, &byte, 1, 0) == 1)
      line.append(byte)
    }
    return try Wire.decode(Response.self, from: line)
  }
}
