public import Foundation

/// What runs containers besides crun and runc; each with a daemon and files of its own, made by `scripts/runtime-fixture`.
public enum Engine: String, CaseIterable, Sendable {
  /// dockerd with its own containerd.
  case docker
  /// containerd by itself, asked by ctr.
  case containerd
  /// podman with conmon and runc.
  case podman
  /// LXC.
  case lxc
  /// systemd-nspawn.
  case nspawn
  /// podman in a container of podman's that is called `outer`.
  case nested

  /// Whether its programs are there; says so loudly where they are not.
  public var isInstalled: Bool {
    let answer = try? Program.run(Machine.script("runtime-fixture"), ["/tmp", "can", rawValue])
    guard answer?.status != 0 else { return true }
    print("\n######## \(answer?.output ?? rawValue) tests of \(rawValue) are SKIPPED ########\n")
    return false
  }

  /// Runs podman's containers `each-1`, `each-2`, … one after the other; each executes `/bin/true` with its name.
  /// - Parameters:
  ///   - hooks: a directory of files that name hooks; nil for none.
  ///   - options: what `podman run` is told besides.
  public func runEach(
    _ count: Int, in area: URL, hooks: URL? = nil, options: [String] = []
  ) throws {
    try Program.output(
      of: "env",
      (hooks.map { ["HOOKS_DIR=\($0.path)"] } ?? []) + [
        Machine.script("runtime-fixture"), area.path, "each", rawValue, "\(count)",
      ] + options,
      limit: .seconds(60 + 2 * count))
  }

  /// Gives the container `web` of docker or podman the name `other`.
  public func rename(in area: URL) throws {
    try Program.output(of: Machine.script("runtime-fixture"), [area.path, "rename", rawValue])
  }

  /// Executes `/bin/true renamed` in the container that was renamed.
  public func executeInRenamed(in area: URL) throws {
    try Program.output(of: Machine.script("runtime-fixture"), [area.path, "exec", rawValue])
  }

  /// Runs `body` with the host's pid of the first process of a container `web`, which is removed with all that its engine had.
  public func withContainer(in area: URL, _ body: (pid_t) throws -> Void) throws {
    let script = Machine.script("runtime-fixture")
    let result = Swift.Result {
      let output = try Program.output(
        of: script, [area.path, "start", rawValue], limit: .seconds(120))
      guard let pid = pid_t(output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
        throw SupportError("no pid of \(rawValue)'s container: \(output)")
      }
      try body(pid)
    }
    try Program.output(of: script, [area.path, "stop", rawValue])
    try result.get()
  }
}
