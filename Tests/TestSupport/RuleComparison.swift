public import Foundation

/// The kernel's audit and a collector side by side, given the same rules one after the other, with the same
/// workload under both.
public final class RuleComparison {
  /// What one audit told of one workload: an event a line, process by process.
  public typealias Story = [String]

  /// A ruleset, and what both made of it.
  public struct Case: Sendable {
    /// auditctl's language.
    public let rules: String
    /// The kernel's events.
    public let kernel: Story
    /// The host's daemon's.
    public let ours: Story
  }

  /// The user that the workload's processes are marked by.
  public static let auid: UInt32 = 7777

  private let area: URL
  private let configuration: Configuration
  private let directory: URL
  private let program: URL
  private var reloads = 0

  /// Works below `area`.
  public init(in area: URL) throws {
    self.area = area
    directory = area.appending(path: "rules.d")
    configuration = try Configuration(in: area)
    program = directory.appending(path: "program")
    let manager = FileManager.default
    try manager.createDirectory(at: directory, withIntermediateDirectories: true)
    try manager.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
    try Program.output(of: Machine.product("workload"), ["prepare"], in: directory)
    for name in ["program", "dir/program"] {
      try manager.copyItem(
        atPath: Machine.product("workload"), toPath: directory.appending(path: name).path)
    }
  }

  /// The directory that the workload runs in; `$D` in rules.
  public var path: String { directory.path }

  /// Runs every ruleset under both audits. Nobody but the workload is seen: the first rule excludes all others.
  public func run(_ rulesets: [String]) throws -> [Case] {
    try daemon("")
    var pids: [Set<String>] = []
    var kernelLog: URL?
    try RunningCollector.with(in: area, configuration: configuration) { collector in
      kernelLog = try withKernelAudit(rules: "-D\n", in: area) {
        for rules in rulesets {
          let text = text(of: rules)
          let file = area.appending(path: "case.rules")
          try text.write(to: file, atomically: true, encoding: .utf8)
          try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: file.path)
          try Program.output(of: "auditctl", ["-D"])
          try Program.output(of: "auditctl", ["-R", file.path])
          try reload(text, collector)
          let workload = try Program(program.path, ["rules"], in: directory)
          pids.append([String(workload.pid)])
          let result = try workload.finish()
          guard result.status == 0 else { throw SupportError("workload: \(result.errors)") }
        }
        try Program.output(of: "auditctl", ["-D"])
        try reload("", collector)
      }
    }
    guard let kernelLog else { return [] }
    let kernel = try Stories(of: kernelLog)
    let ours = try Stories(of: area.appending(path: "log/host/audit.log"))
    return zip(rulesets, pids).map { rules, pids in
      Case(rules: rules, kernel: kernel.story(of: pids), ours: ours.story(of: pids))
    }
  }

  private func text(of rules: String) -> String {
    // What both refuse, such as two files in one rule, is left out by both.
    "-i\n-a never,exit -F auid!=\(Self.auid)\n" + rules.replacing("$D", with: directory.path) + "\n"
  }

  private func daemon(_ rules: String) throws {
    try configuration.daemon("host", scope: "host = yes", rules: rules + "\n")
  }

  /// Everything that happened before is in the log when this is.
  private func reload(_ rules: String, _ collector: RunningCollector) throws {
    reloads += 1
    try daemon(rules)
    collector.signal(SIGHUP)
    try wait(for: "the collector to read \(rules)") {
      let written = collector.written
      if written.contains("not changed") { throw SupportError(written) }
      return written.ranges(of: "read again").count >= reloads
    }
  }
}

/// The events of a log, by the process that made them and its children.
private struct Stories {
  private static let compared = ["SYSCALL", "CWD", "EXECVE", "SOCKADDR", "PROCTITLE"]
  private var events: [String: [String]] = [:]
  private var children: [String: [String]] = [:]

  init(of log: URL) throws {
    for event in try AuditEvent.read(log) {
      guard let syscall = event.syscall, let pid = syscall["pid"], let parent = syscall["ppid"],
        // Forced by the kernel, not asked for by a rule.
        event.first("LOGIN") == nil
      else { continue }
      if events[pid] == nil { children[parent, default: []].append(pid) }
      let told = [
        "arch", "syscall", "success", "exit", "a0", "a1", "a2", "a3", "uid", "euid", "exe", "key",
      ].map { "\($0)=\(syscall[$0] ?? "")" }
      let types = event.records.map(\.type).filter { Self.compared.contains($0) }
      events[pid, default: []].append((told + types).joined(separator: " "))
    }
  }

  func story(of pids: Set<String>) -> [String] {
    var story: [String] = []
    for pid in pids.sorted() {
      story += events[pid] ?? []
      story += self.story(of: Set(children[pid] ?? []).subtracting(pids))
    }
    return story
  }
}
