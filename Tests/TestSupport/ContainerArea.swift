public import Foundation

/// The programs that start containers.
public enum ContainerRuntime: String, CaseIterable, Sendable {
  /// https://github.com/containers/crun
  case crun
  /// https://github.com/opencontainers/runc
  case runc
}

/// Containers made by `scripts/container-fixture`, with every namespace, of busybox.
public struct ContainerArea {
  /// Where bundles and the runtimes' state are.
  public let directory: URL

  /// Runs `body` with an area below a directory; all its containers and cgroups are removed.
  @discardableResult
  public static func with<Value>(
    in parent: URL, _ body: (ContainerArea) throws -> Value
  ) throws -> Value {
    // Its name is that of the cgroup around all its containers: it has to be unique.
    let area = ContainerArea(
      directory: parent.appending(path: parent.lastPathComponent, directoryHint: .isDirectory))
    try FileManager.default.createDirectory(
      at: area.directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o711])
    let result = Swift.Result { try body(area) }
    try area.fixture("clean")
    return try result.get()
  }

  /// Makes a bundle that runs a shell command; its root is `hostID` on the host.
  /// - Parameters:
  ///   - capabilities: what it has besides the usual ones.
  ///   - shares: directories of the host, by where they are in the container.
  ///   - hasHostsUsers: it has no user namespace; `hostID` is to be 0 then.
  ///   - hasHostsProcesses: it has no PID namespace.
  ///   - hook: a shell command that its runtime runs before the container does.
  public func bundle(
    _ name: String, hostID: UInt32 = 100000, capabilities: [String] = [],
    shares: [String: URL] = [:], hasHostsUsers: Bool = false, hasHostsProcesses: Bool = false,
    hook: String? = nil, command: String
  ) throws {
    let mounts = shares.map { "\($1.path):\($0)" }
    try fixture(
      ["bundle", name, "\(hostID)", command] + capabilities + mounts
        + (hasHostsUsers ? ["host-users"] : []) + (hasHostsProcesses ? ["host-pids"] : [])
        + (hook.map { ["hook=\($0)"] } ?? []))
  }

  /// Starts a container; the host's pid of its first process.
  @discardableResult
  public func start(_ runtime: ContainerRuntime, _ name: String) throws -> pid_t {
    try launch("start", runtime, name)
  }

  /// Makes a container that does nothing yet; the host's pid of its first process.
  public func create(_ runtime: ContainerRuntime, _ name: String) throws -> pid_t {
    try launch("create", runtime, name)
  }

  /// Starts a container that was made.
  public func begin(_ runtime: ContainerRuntime, _ name: String) throws {
    try fixture("begin", runtime.rawValue, name)
  }

  /// Starts a container of crun's from another one's bundle.
  public func start(_ name: String, of bundle: String) throws {
    try fixture("copy", name, bundle)
  }

  /// Starts a container and waits until it ends; what it printed.
  @discardableResult
  public func run(_ runtime: ContainerRuntime, _ name: String) throws -> String {
    try fixture("run", runtime.rawValue, name)
  }

  /// Ends a container that was started, and removes its cgroup.
  public func delete(_ runtime: ContainerRuntime, _ name: String) throws {
    try fixture("delete", runtime.rawValue, name)
  }

  /// Runs a shell command in a container that was started; what it printed.
  @discardableResult
  public func execute(
    _ runtime: ContainerRuntime, _ name: String, _ command: String
  ) throws -> String {
    try fixture("exec", runtime.rawValue, name, "/bin/sh", "-c", command)
  }

  /// The host's pid of the first process of a container that was started.
  public func pid(of name: String) throws -> pid_t {
    let text = try String(contentsOf: directory.appending(path: "\(name)/pid"), encoding: .utf8)
    guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw SupportError("no pid of \(name): \(text)")
    }
    return pid
  }

  /// The root file system of the containers whose root is `hostID`.
  public func root(hostID: UInt32 = 100000) -> URL {
    directory.appending(path: "rootfs-\(hostID)")
  }

  /// What a container that was started has printed.
  public func output(of name: String) -> String {
    (try? String(contentsOf: directory.appending(path: "\(name)/output"), encoding: .utf8)) ?? ""
  }

  /// The directory of a process's cgroup in the second version's hierarchy, and its inode, which
  /// is the container's id if the process is its first.
  public static func cgroup(of pid: pid_t) throws -> (path: String, id: UInt64) {
    let text = try String(contentsOf: URL(filePath: "/proc/\(pid)/cgroup"), encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      throw SupportError("process \(pid) has no cgroup of version 2")
    }
    let path = String(line.dropFirst(3))
    var status = stat()
    if stat(Machine.cgroups.path + path, &status) == 0 { return (path, UInt64(status.st_ino)) }
    throw SupportError("no directory of the cgroup \(path)")
  }

  private func launch(
    _ verb: String, _ runtime: ContainerRuntime, _ name: String
  ) throws -> pid_t {
    let output = try fixture(verb, runtime.rawValue, name)
    guard let pid = pid_t(output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw SupportError("no pid of \(name): \(output)")
    }
    return pid
  }

  @discardableResult
  private func fixture(_ arguments: String...) throws -> String { try fixture(arguments) }

  @discardableResult
  private func fixture(_ arguments: [String]) throws -> String {
    try Program.output(
      of: Machine.script("container-fixture"), [directory.path] + arguments)
  }
}
