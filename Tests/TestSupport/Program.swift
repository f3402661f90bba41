public import Foundation

/// A program that was started, with its output in files: nobody has to read it for it to go on.
///
/// Not Foundation's `Process`: that hands its children the blocked signals of its own thread, and
/// believes a program to run while any descendant of it, such as a container, does.
public final class Program {
  /// What a program left behind.
  public struct Result {
    /// Its exit status; 128 and the signal's number if it was killed.
    public let status: Int32
    /// What it wrote.
    public let output: String
    /// What it complained.
    public let errors: String
  }

  /// Its process identifier.
  public let pid: pid_t
  private let name: String
  private let files: URL
  private var input: Int32
  private var status: Int32?

  /// Starts a program; a name without a slash is searched in PATH. With `holdsInput` its standard
  /// input stays open until ``finish(limit:)``, else it is empty.
  public init(
    _ name: String, _ arguments: [String] = [], in directory: URL? = nil, holdsInput: Bool = false
  ) throws {
    self.name = name
    files = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
    (pid, input) = try Self.spawn(
      (directory.map { ["env", "--chdir", $0.path] } ?? []) + [name] + arguments, files: files,
      holdsInput: holdsInput)
  }

  deinit {
    if isRunning {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    if input >= 0 { close(input) }
    for kind in ["out", "err"] {
      try? FileManager.default.removeItem(at: files.appendingPathExtension(kind))
    }
  }

  /// Runs a program to its end.
  public static func run(
    _ name: String, _ arguments: [String] = [], in directory: URL? = nil,
    limit: Duration = .seconds(60)
  ) throws -> Result {
    try Program(name, arguments, in: directory).finish(limit: limit)
  }

  /// Runs a program that must succeed; its output.
  @discardableResult
  public static func output(
    of name: String, _ arguments: [String] = [], in directory: URL? = nil,
    limit: Duration = .seconds(60)
  ) throws -> String {
    let result = try run(name, arguments, in: directory, limit: limit)
    guard result.status == 0 else {
      throw SupportError(
        "\(name) \(arguments.joined(separator: " ")): exit status \(result.status): "
          + result.errors + result.output)
    }
    return result.output
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool {
    if status == nil {
      var wait: Int32 = 0
      if waitpid(pid, &wait, WNOHANG) == pid {
        status = wait & 0x7f == 0 ? wait >> 8 & 0xff : 128 + wait & 0x7f
      }
    }
    return status == nil
  }

  /// What it wrote so far, on both outputs.
  public var written: String { text("out") + text("err") }

  /// How often it wrote a text, on both outputs; quick where it wrote much.
  public func count(of text: String) -> Int {
    let wanted = Array(text.utf8)
    return ["out", "err"].reduce(0) { sum, kind in
      guard let data = try? Data(contentsOf: files.appendingPathExtension(kind)) else { return sum }
      return sum + data.withUnsafeBytes { $0.count(of: wanted) }
    }
  }

  /// Sends it a signal, if it has not ended.
  public func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Ends its input and waits for its end; it is killed if that takes longer than `limit`.
  public func finish(limit: Duration = .seconds(60)) throws -> Result {
    if input >= 0 { close(input) }
    input = -1
    do {
      try wait(for: "the end of \(name)", limit: limit) { !isRunning }
    } catch {
      signal(SIGKILL)
      throw SupportError("\(error); it wrote: \(written)")
    }
    return Result(status: status ?? -1, output: text("out"), errors: text("err"))
  }

  private func text(_ kind: String) -> String {
    let data = try? Data(contentsOf: files.appendingPathExtension(kind))
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  /// posix_spawnp with no signal blocked or ignored.
  private static func spawn(
    _ arguments: [String], files: URL, holdsInput: Bool
  ) throws -> (pid: pid_t, input: Int32) {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var ends: [Int32] = [-1, -1]
    if holdsInput {
      guard pipe(&ends) == 0 else { throw SupportError("pipe: errno \(errno)") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    defer { if ends[0] >= 0 { close(ends[0]) } }
    for (descriptor, kind) in [(Int32(1), "out"), (2, "err")] {
      posix_spawn_file_actions_addopen(
        &actions, descriptor, files.appendingPathExtension(kind).path, O_WRONLY | O_CREAT, 0o600)
    }

    var pid: pid_t = 0
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { argv.forEach { free($0) } }
    let error = posix_spawnp(&pid, arguments[0], &actions, &attributes, &argv, environ)
    guard error == 0 else {
      if ends[1] >= 0 { close(ends[1]) }
      throw SupportError("\(arguments[0]): \(String(cString: strerror(error)))")
    }
    return (pid, ends[1])
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes behind the first place at or after `start` where `text` stands; nil if it does not.
  public func end(of text: [UInt8], from start: Int = 0) -> Int? {
    guard let base = baseAddress else { return nil }
    var place = start
    while place + text.count <= count {
      guard
        let found = memchr(base + place, Int32(text[0]), count - place - text.count + 1)
      else { return nil }
      if memcmp(found, text, text.count) == 0 { return UnsafeRawPointer(found) - base + text.count }
      place = UnsafeRawPointer(found) - base + 1
    }
    return nil
  }

  /// How often `text` stands in the bytes.
  func count(of text: [UInt8]) -> Int {
    var (number, place) = (0, 0)
    while let end = end(of: text, from: place) { (number, place) = (number + 1, end) }
    return number
  }
}
