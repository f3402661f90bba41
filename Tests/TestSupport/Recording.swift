public import Foundation

/// A recording that is made while something happens, and what replay makes of it.
public struct Recording {
  /// The file.
  public let file: URL

  /// Records while `body` runs, once the recording has begun.
  /// - Parameter options: of `nestaudit record`.
  public init(
    of collector: RunningCollector, to file: URL, options: [String] = [],
    _ body: () throws -> Void
  ) throws {
    self.file = file
    let program = try Program(
      Machine.product("nestaudit"),
      ["record", "-o", file.path, "--state", collector.state.path] + options)
    try wait(for: "the recording to begin") {
      guard program.isRunning else { throw SupportError("record ended: \(program.written)") }
      return FileManager.default.contents(atPath: file.path)?.isEmpty == false
    }
    try body()
    program.signal(SIGINT)
    let result = try program.finish()
    guard result.status == 0 else {
      throw SupportError("record ended with \(result.status): \(result.errors)")
    }
    said = result.output
  }

  /// What `record` said in the end.
  public let said: String

  /// Replays it as a user who may do nothing, where /proc has no other process and /sys and /etc have nothing; what it left
  /// behind.
  /// - Parameter configuration: nil for the embedded default.
  @discardableResult
  public static func replay(
    _ file: URL, by configuration: Configuration?, into logs: URL, options: [String] = []
  ) throws -> Program.Result {
    let program = logs.deletingLastPathComponent().appending(path: "replay-program")
    let manager = FileManager.default
    // The build directory need not be open to other users, nor the recording and the rules to this one.
    let place = logs.deletingLastPathComponent().appending(path: "replay-\(UUID().uuidString)")
    try manager.createDirectory(at: place, withIntermediateDirectories: true)
    if !manager.fileExists(atPath: program.path) {
      try manager.copyItem(atPath: Machine.product("nestaudit"), toPath: program.path)
    }
    let copy = place.appending(path: "recording")
    try manager.copyItem(at: file, to: copy)
    var arguments = ["replay", copy.path, "--log-dir", place.appending(path: "log").path] + options
    if let configuration {
      let rules = place.appending(path: "config")
      try manager.copyItem(at: configuration.directory, to: rules)
      arguments += ["--config", rules.path]
    }
    try Program.output(of: "chown", ["-R", "65534:65534", place.path])
    let result = try Program.run(
      "unshare",
      [
        "--mount", "--pid", "--fork", "sh", "-c",
        """
        mount -t proc none /proc && mount -t tmpfs none /sys && mount -t tmpfs none /etc &&
        exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$0" "$@"
        """, program.path,
      ] + arguments)
    if manager.fileExists(atPath: place.appending(path: "log").path) {
      try manager.moveItem(at: place.appending(path: "log"), to: logs)
    }
    return result
  }
}
