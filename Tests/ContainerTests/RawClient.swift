import Foundation
import TestSupport

/// Python that talks to the collector's socket as `nestaudit` never would.
enum RawClient {
  /// `connect()`; `ask(connection, op=…)` sends a request and reads the answer; `said(answer)` is what it comes to: the
  /// error, or the lines; `give` and `take` pass a connection through a socket of the file system.
  static let prelude = """
    import ctypes, json, os, signal, socket, struct, sys, threading, time
    def connect(path="/run/nestaudit/nestaudit.sock"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(30)
        connection.connect(path)
        return connection
    def answer(connection):
        text = b""
        while not text.endswith(b"\\n"):
            more = connection.recv(1)
            if not more: break
            text += more
        return text.decode()
    def ask(connection, **request):
        try: connection.sendall(json.dumps(request).encode() + b"\\n")
        except BrokenPipeError: pass  # It was answered before it has asked.
        return answer(connection)
    def said(answer):
        if not answer: return "nothing"
        reply = json.loads(answer)
        inner = reply.get("control") or reply.get("contid") or reply
        if inner.get("error"): return inner["error"]
        if "lines" in inner: return "; ".join(inner["lines"])
        return answer.strip()
    def give(connection, path):
        meeting = socket.socket(socket.AF_UNIX)
        while True:
            try:
                meeting.connect(path)
                break
            except OSError: time.sleep(0.01)
        socket.send_fds(meeting, [b"."], [connection.fileno()])
        meeting.recv(1)
    def take(path):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o777)
        listener.listen()
        meeting, _ = listener.accept()
        _, descriptors, _, _ = socket.recv_fds(meeting, 1, 1)
        connection = socket.socket(fileno=descriptors[0])
        connection.settimeout(30)
        return connection, meeting
    def show(*words): print(*words, flush=True)

    """

  /// Runs a program on the host; its lines.
  static func run(_ program: String, in area: URL, _ arguments: [String] = []) throws -> [String] {
    let file = try write(program, in: area)
    defer { try? FileManager.default.removeItem(at: file) }
    return lines(try Program.output(of: "/usr/bin/python3", [file.path] + arguments))
  }

  fileprivate static func write(_ program: String, in directory: URL) throws -> URL {
    let file = directory.appending(path: "\(UUID().uuidString).py")
    try (prelude + program).write(to: file, atomically: true, encoding: .utf8)
    chmod(file.path, 0o644)
    return file
  }

  fileprivate static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .dropLast(text.hasSuffix("\n") ? 1 : 0)
  }
}

extension Tenants {
  /// Runs a Python program in a container that has the host's programs; its lines.
  func python(_ program: String, in container: String) throws -> [String] {
    let file = try RawClient.write(program, in: shared)
    let result = try run(
      "/usr/bin/python3 \(Self.meeting)/\(file.lastPathComponent)", in: container)
    guard result.status == 0 else { throw SupportError(result.text) }
    return RawClient.lines(result.text)
  }

  /// Starts one; what it prints goes to the file `name` of ``shared``, and it ends once there is a file `name.end`.
  func startPython(_ program: String, as name: String, in container: String) throws {
    let file = try RawClient.write(program, in: shared)
    let ended = "\(Self.meeting)/\(name).end"
    _ = try run(
      """
      /usr/bin/python3 \(Self.meeting)/\(file.lastPathComponent) > \(Self.meeting)/\(name) 2>&1 < /dev/null & python=$!
      (while kill -0 $python && ! [ -e \(ended) ]; do /bin/sleep 0.1; done; kill $python) > /dev/null 2>&1 < /dev/null &
      """, in: container)
  }

  /// What a program that was started has printed, once a line is among it.
  func output(of name: String, with line: String) throws -> [String] {
    var lines: [String] = []
    try wait(for: "\(line) of \(name)", limit: .seconds(30)) {
      let text = try? String(contentsOf: shared.appending(path: name), encoding: .utf8)
      if text?.contains("Traceback") == true { throw SupportError(text!) }
      lines = text.map(RawClient.lines) ?? []
      return lines.contains(line)
    }
    return lines
  }

  /// Ends a program that was started.
  func endPython(_ name: String) throws {
    try Data().write(to: shared.appending(path: "\(name).end"))
  }
}
