import Foundation
import TestSupport
import Testing

/// What cannot be started is refused with one clear line, and nothing is started or overwritten.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: refusals of the collector"))
struct BadInput {
  /// Runs a collector that must refuse, and returns its line.
  private func refusal(
    in area: URL, _ configuration: Configuration?, arguments: [String] = [],
    wrapper: [String] = [], status: ClosedRange<Int32> = 1...2,
    location: SourceLocation = #_sourceLocation
  ) throws -> String {
    let (state, logs) = (area.appending(path: "state"), area.appending(path: "log"))
    var command = wrapper + [Machine.product("nestaudit"), "run", "--state", state.path]
    if !arguments.contains("--log-dir") { command += ["--log-dir", logs.path] }
    if let configuration { command += ["--config", configuration.directory.path] }
    let result = try Program.run(
      command[0], Array(command.dropFirst()) + arguments, limit: .seconds(20))
    let lines = result.errors.split(separator: "\n")
    #expect(status.contains(result.status), "\(result)", sourceLocation: location)
    #expect(lines.count == 1, "\(result)", sourceLocation: location)
    #expect(!result.output.contains("ready"), sourceLocation: location)
    let manager = FileManager.default
    #expect(
      !manager.fileExists(atPath: state.appending(path: "control.sock").path),
      sourceLocation: location)
    #expect(!manager.fileExists(atPath: logs.path), sourceLocation: location)
    let own = String(area.lastPathComponent.suffix(8))
    let pinned = try manager.contentsOfDirectory(atPath: "/sys/fs/bpf")
    #expect(!pinned.contains { $0.contains(own) }, "\(pinned)", sourceLocation: location)
    return result.errors
  }

  /// A configuration of one daemon for the host.
  private func configuration(in area: URL, rules: String = "-D\n") throws -> Configuration {
    let configuration = try Configuration(in: area)
    try configuration.daemon("host", scope: "host = yes", rules: rules)
    return configuration
  }

  @Test(arguments: [
    ("nestaudit.conf", "ring_size = 16M\nno_such_key = 1\n", 2),
    ("nestaudit.conf", "ring_size = many\n", 1),
    ("daemons/host/scope.conf", "host = yes\n\nhost_name = x\n", 3),
    ("daemons/host/scope.conf", "host = perhaps\n", 1),
    ("daemons/host/auditd.conf", "log_format = RAW\nno_such_key = 1\n", 2),
    ("daemons/host/auditd.conf", "flush = SOMETIMES\n", 1),
    ("daemons/host/audit.rules", "-D\n-a always,exit -F arch=b64 -S no_such_call\n", 2),
    ("daemons/host/audit.rules", "-D\n# comment\n-a always,exit -F no_such_field=1 -S open\n", 3),
    ("daemons/host/audit.rules", "-a always,exit -S open -C uid<euid\n", 1),
    ("daemons/host/audit.rules", "-f 3\n", 1),
  ])
  func aBadLineIsNamedByFileAndLine(file: String, text: String, line: Int) throws {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      try configuration.write(text, to: file)
      let message = try refusal(in: area, configuration)
      #expect(message.contains("\(file):\(line): "), "\(message)")
    }
  }

  @Test func aFileThatCannotBeReadIsNamed() throws {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      let file = configuration.directory.appending(path: "daemons/host/audit.rules")
      try FileManager.default.removeItem(at: file)
      // Root may read every file; nobody can read a directory.
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: false)
      let message = try refusal(in: area, configuration)
      #expect(message.contains("daemons/host/audit.rules"), "\(message)")
    }
  }

  @Test func aConfigurationDirectoryThatIsNotThereIsNamed() throws {
    try withTemporaryDirectory { area in
      let missing = area.appending(path: "nowhere").path
      let message = try refusal(in: area, nil, arguments: ["--config", missing])
      #expect(message.contains(missing), "\(message)")
    }
  }

  @Test func twoDaemonsOfOneNameAreRefused() throws {
    try withTemporaryDirectory { area in
      let configuration = try configuration(in: area)
      try configuration.daemon("a", scope: "container = a\nname = twin", rules: "-D")
      try configuration.daemon("b", scope: "container = b\nname = twin", rules: "-D")
      let message = try refusal(in: area, configuration)
      #expect(message.contains("twin") && message.contains("scope.conf:2: "), "\(message)")
    }
  }

  @Test func aLogDirectoryThatCannotBeWrittenIsNamed() throws {
    try withTemporaryDirectory { area in
      let target = area.appending(path: "read-only")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
      let readOnly = ["unshare", "-m", "sh", "-c"]
      let mount = "mount -t tmpfs -o ro none '\(target.path)' && exec \"$@\""
      let message = try refusal(
        in: area, try configuration(in: area), arguments: ["--log-dir", target.path],
        wrapper: readOnly + [mount, "sh"])
      #expect(message.contains(target.path), "\(message)")
    }
  }

  @Test func aFileInPlaceOfTheLogDirectoryIsLeftAlone() throws {
    try withTemporaryDirectory { area in
      let file = area.appending(path: "precious")
      try "precious\n".write(to: file, atomically: true, encoding: .utf8)
      let message = try refusal(
        in: area, try configuration(in: area), arguments: ["--log-dir", file.path])
      #expect(message.contains(file.path), "\(message)")
      #expect(try String(contentsOf: file, encoding: .utf8) == "precious\n")
    }
  }

  @Test func aKernelWithoutTypesIsNamed() throws {
    try withTemporaryDirectory { area in
      let hide = "mount --bind /dev/null /sys/kernel/btf/vmlinux && exec \"$@\""
      let message = try refusal(
        in: area, try configuration(in: area), wrapper: ["unshare", "-m", "sh", "-c", hide, "sh"])
      #expect(message.contains("BTF"), "\(message)")
    }
  }

  @Test func whoIsNotRootIsTold() throws {
    try withTemporaryDirectory { area in
      let user = ["setpriv", "--reuid=\(Workload.uid)", "--regid=\(Workload.uid)"]
      let copy = area.appending(path: "nestaudit")
      try FileManager.default.copyItem(atPath: Machine.product("nestaudit"), toPath: copy.path)
      let result = try Program.run(
        user[0], Array(user.dropFirst()) + ["--clear-groups", copy.path, "run"])
      #expect(result.status == 1)
      #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
      #expect(result.errors.contains("root"), "\(result)")
    }
  }

  @Test func anUnknownOptionIsAUsageError() throws {
    let result = try Program.run(Machine.product("nestaudit"), ["run", "--no-such-option"])
    #expect(result.status == 2)
    #expect(result.errors.contains("--no-such-option"))
  }
}
