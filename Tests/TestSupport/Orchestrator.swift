public import Foundation

/// A shell that makes processes and has contids set of them, as an orchestrator would.
public struct Orchestrator {
  private let collector: RunningCollector
  private let area: URL

  /// One that asks this collector.
  public init(of collector: RunningCollector, in area: URL) {
    self.collector = collector
    self.area = area
  }

  /// What a script can use: `try LABEL get|set …` prints "LABEL STATUS FIRST-WORD"; a subshell would be another process
  /// than the orchestrator. `waiter NAME COMMANDS` starts a shell that does these once `go NAME` is called, as process $T.
  private static let prelude = """
    set -u
    try() {
      label=$1; shift
      "$NA" contid "$@" --state "$STATE" > answer 2>&1
      status=$?
      word=; read -r word < answer || true
      word=${word#nestaudit: }
      echo "$label $status ${word%%:*}"
    }
    waiter() {
      mkfifo "go-$1"
      bash -c "read x < go-$1; $2" & T=$!
      eval "$1=$T"
    }
    go() { echo > "go-$1"; eval "wait \\$$1"; }

    """

  /// What the script printed, line by line.
  public func run(_ script: String, limit: Duration = .seconds(60)) throws -> [String] {
    let file = area.appending(path: "orchestrator-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
    try (Self.prelude + script).write(
      to: file.appending(path: "script"), atomically: true, encoding: .utf8)
    return try Program.output(
      of: "env",
      [
        "NA=\(Machine.product("nestaudit"))", "STATE=\(collector.state.path)", "bash",
        file.appending(path: "script").path,
      ], in: file, limit: limit
    ).split(separator: "\n").map(String.init)
  }
}
