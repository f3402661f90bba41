import Glibc

/// Asks a running collector.
public enum ControlClient {
  private static let patience = 10
  /// Thousands of files may have to be read, and a reload before may have to end first.
  private static let reloadPatience = 600

  /// What the collector with the state directory `state` is doing.
  public static func status(state: String) throws(ControlError) -> StatusReply {
    let response = try ask(Request(op: "ps"), state)
    if let reply = response.status { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// Does what auditctl's options say with a daemon; nil is the daemon of the container that this is in.
  public static func control(
    _ words: [String], of daemon: String?, state: String
  ) throws(ControlError) -> ControlReply {
    let response = try ask(Request(op: "ctl", daemon: daemon, words: words), state)
    if let reply = response.control { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// The settings and books of a daemon; nil is every daemon that the asker may see.
  public static func reports(
    of daemon: String?, state: String
  ) throws(ControlError) -> DaemonReportReply {
    let response = try ask(Request(op: "status", daemon: daemon), state)
    if let reply = response.reports { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// The lines of a daemon's log.
  public static func tail(_ request: TailRequest, state: String) throws(ControlError) -> LineSource
  {
    try stream(Request(op: "tail", tail: request), state) { $0.tail }
  }

  /// A recording, as long as it goes on.
  /// - Parameter names: of the containers that it is limited to; none for everything.
  public static func record(
    only names: [String], state: String
  ) throws(ControlError) -> LineSource {
    try stream(Request(op: "record", only: names), state) { $0.recording == true ? "" : nil }
  }

  /// Ends the recording: what is left of it comes, and then its end.
  public static func endRecord(state: String) throws(ControlError) {
    let response = try ask(Request(op: "end-record"), state)
    guard response.recording != nil else {
      throw .refused(response.error ?? "it gave no reason")
    }
  }

  /// Asks for something behind whose answer more comes.
  private static func stream(
    _ request: Request, _ state: String, daemon: (Response) -> String?
  ) throws(ControlError) -> LineSource {
    let path = StateDirectory.clientSocket(in: state)
    let descriptor = try open(path, seconds: patience)
    var source = LineSource(descriptor: descriptor)
    do {
      try send(try Wire.encode(request), descriptor, path)
      guard let line = try source.nextLine(path) else {
        throw ControlError.noCollector(socket: path)
      }
      let response = try Wire.decode(Response.self, from: line)
      if let daemon = daemon(response) {
        source.daemon = daemon
        return source
      }
      throw ControlError.refused(response.error ?? "it gave no reason")
    } catch let error as ControlError {
      throw error
    } catch {
      throw .refused("its answer makes no sense; is it the same version as this program?")
    }
  }

  /// The container identifier of a process, or what came of setting it.
  public static func contid(
    _ request: ContidRequest, state: String
  ) throws(ControlError) -> ContidReply {
    let response = try ask(Request(op: "contid", contid: request), state)
    if let reply = response.contid { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// Has a container known that begins with a process.
  /// - Parameter seconds: after so many the collector is taken for one that does not answer.
  public static func announce(
    _ process: UInt32, state: String, seconds: Int
  ) throws(ControlError) -> AnnounceReply {
    let response = try ask(Request(op: "announce", process: process), state, seconds: seconds)
    if let reply = response.announced { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// Whether what is asked of a collector with this state directory is asked from within a container.
  public static func isInside(state: String) -> Bool {
    StateDirectory.clientSocket(in: state) != StateDirectory.socketPath(in: state)
  }

  /// The rules of a daemon of that collector.
  public static func rules(of daemon: String, state: String) throws(ControlError) -> RulesReply {
    let response = try ask(Request(op: "rules", daemon: daemon), state)
    if let reply = response.rules { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  /// Has that collector read its configuration again, and waits until it has.
  public static func reload(state: String) throws(ControlError) -> ReloadReply {
    let response = try ask(Request(op: "reload"), state, seconds: reloadPatience)
    if let reply = response.reload { return reply }
    throw .refused(response.error ?? "it gave no reason")
  }

  private static func ask(
    _ request: Request, _ state: String, seconds: Int = patience
  ) throws(ControlError) -> Response {
    let socketPath = StateDirectory.clientSocket(in: state)
    do {
      let line = try exchange(try Wire.encode(request), socketPath, seconds: seconds)
      guard !line.isEmpty else { throw ControlError.noCollector(socket: socketPath) }
      return try Wire.decode(Response.self, from: line)
    } catch let error as ControlError {
      throw error
    } catch {
      throw .refused("its answer makes no sense; is it the same version as this program?")
    }
  }

  static func exchange(
    _ request: [UInt8], _ path: String, seconds: Int = patience
  ) throws(ControlError) -> [UInt8] {
    let descriptor = try open(path, seconds: seconds)
    defer { close(descriptor) }
    try send(request, descriptor, path)
    return try readLine(descriptor, path)
  }

  private static func open(_ path: String, seconds: Int) throws(ControlError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .system(what: "socket", code: errno) }
    var patience = timeval(tv_sec: seconds, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(
        descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    do {
      try connect(descriptor, path)
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private static func send(
    _ request: [UInt8], _ descriptor: Int32, _ path: String
  ) throws(ControlError) {
    var sent = 0
    while sent < request.count {
      let count = request.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        if errno == EINTR { continue }
        // It does not listen any more, and has said why.
        if errno == EPIPE || errno == ECONNRESET { return }
        throw .system(what: path, code: errno)
      }
      sent += count
    }
  }

  private static func readLine(_ descriptor: Int32, _ path: String) throws(ControlError) -> [UInt8]
  {
    var line: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while line.last != UInt8(ascii: "\n") && line.count < Wire.longestResponse {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .system(what: path, code: errno == EAGAIN ? ETIMEDOUT : errno)
      }
      if count == 0 { break }
      line.append(contentsOf: chunk[..<count])
    }
    return line
  }

  private static func connect(_ descriptor: Int32, _ path: String) throws(ControlError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw .pathTooLong(path)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result != 0 else { return }
    switch errno {
    case ENOENT, ECONNREFUSED: throw .noCollector(socket: path)
    default: throw .system(what: path, code: errno)
    }
  }
}
