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

  /// Runs every ruleset under both audits. Nobody but the workload is seen: the
  /// first rule excludes all others.
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
    // What both refuse, such as two files in one rule, is left out by both. The last -A is the first rule.
    "-i\n\(rules.replacing("$D", with: directory.path))\n-A never,exit -F auid!=\(Self.auid)\n"
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
///
/// The logs of many rulesets are long: a line that is not the workload's is never made a string.
private struct Stories {
  private static let compared = ["SYSCALL", "CWD", "EXECVE", "SOCKADDR", "PROCTITLE"]
  private static let fields = [
    "arch", "syscall", "success", "exit", "a0", "a1", "a2", "a3", "uid", "euid", "exe", "key",
  ]
  private var events: [String: [String]] = [:]
  private var children: [String: [String]] = [:]

  init(of log: URL) throws {
    let data = try Data(contentsOf: log, options: .mappedIfSafe)
    var order: [String] = []
    var syscalls: [String: AuditEvent.Record] = [:]
    var types: [String: [String]] = [:]
    let marker = " auid=\(RuleComparison.auid) "
    data.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        start = end + 1
        guard let (type, stamp, rest) = Self.head(of: line), Self.compared.contains(type) else {
          continue
        }
        if type == "SYSCALL" {
          let text = String(decoding: line[rest...], as: UTF8.self)
          guard text.contains(marker) else { continue }
          syscalls[stamp] = AuditEvent.Record(type: type, text: text)
          order.append(stamp)
        }
        // What goes with a SYSCALL record stands behind it.
        if syscalls[stamp] != nil { types[stamp, default: []].append(type) }
      }
    }
    for stamp in order {
      guard let syscall = syscalls[stamp], let pid = syscall["pid"], let parent = syscall["ppid"],
        // The write that sets the auid is an event that the kernel forces, whatever the rules say.
        !(syscall["syscall"] == "1" && syscall["a0"] == "3" && syscall["exit"] == "4")
      else { continue }
      if events[pid] == nil { children[parent, default: []].append(pid) }
      let told = Self.fields.map { "\($0)=\(syscall[$0] ?? "")" }
      events[pid, default: []].append((told + types[stamp]!).joined(separator: " "))
    }
  }

  /// Type, time with serial number, and where the fields begin.
  private static func head(
    of line: UnsafeRawBufferPointer
  ) -> (type: String, stamp: String, rest: Int)? {
    guard let blank = line.firstIndex(of: UInt8(ascii: " ")), blank > 5,
      let open = line.firstIndex(of: UInt8(ascii: "(")),
      let close = line.firstIndex(of: UInt8(ascii: ")")), open < close, close + 3 <= line.count
    else { return nil }
    return (
      String(decoding: line[5..<blank], as: UTF8.self),
      String(decoding: line[(open + 1)..<close], as: UTF8.self), close + 3
    )
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
