import Foundation
import TestSupport

/// One boot of a kernel in which the script `guest` ran, and what it left behind.
struct GuestRun: Sendable {
  /// The line of the kernel, such as 6.12.
  let line: String
  /// The directory of the run, a path that the guest has too.
  let area: URL
  private let results: URL

  /// Where files are accessed: the script tells what each is.
  static let places = ["memory", "upper", "lower", "layers"]
  /// Before the kernel's audit is switched on, and while it is.
  static let phases = ["alone", "beside"]

  /// What root of the container is in the guest.
  static let containerRoot: UInt32 = 100_000

  /// Likewise, of the one that asks the collector.
  static let askersRoot: UInt32 = 300_000
  static let askersRule = "-a always,exit -F arch=b64 -S mkdir -F key=own"
  /// What it asks, and as whom: once it is known, which is after five seconds at the latest.
  private static let questions = """
    echo user:x:1000:1000::/:/bin/sh >> /etc/passwd
    ask() { "$@" 2>&1; echo $?; }
    sleep 6
    ask \(ContainedProgram.place)/na ctl -l
    ask \(ContainedProgram.place)/na ctl host -l
    ask su user -c '\(ContainedProgram.place)/na ctl -D'
    ask \(ContainedProgram.place)/na contid get 1
    """

  /// Who has its names rewritten, which nobody else's log is to be full of.
  private static let racer: UInt32 = 64_998
  /// How often.
  static let races = 100_000
  /// How often its flags.
  static let racedFlags = 10_000

  /// Prepares a run below `area`.
  init(line: String, in area: URL) throws {
    self.line = line
    self.area = area.appending(path: line)
    results = self.area.appending(path: "results")
    let manager = FileManager.default
    for phase in Self.phases {
      let lower = self.area.appending(path: "lower/\(phase)")
      try manager.createDirectory(at: lower, withIntermediateDirectories: true)
      try "0\n".write(to: lower.appending(path: "watched"), atomically: true, encoding: .utf8)
    }
    try manager.createDirectory(at: results, withIntermediateDirectories: true)

    let file = self.area.appending(path: "kernel.rules")
    try kernelRules.write(to: file, atomically: true, encoding: .utf8)
    try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let configuration = try Configuration(in: self.area)
    try configuration.daemon(
      "host", scope: "host = yes",
      rules: watches("alone") + kernelRules + unmetRules + execs(by: Self.containerRoot)
        + RingParity.rules)
    try configuration.daemon(
      "box", scope: "container = box",
      rules: "-w /etc/secret -p rwa -k secret\n" + execs(by: 0))
    try configuration.daemon("seven", scope: "contid = 7", rules: execs(by: 0))
    try configuration.daemon("asker", scope: "container = asker", rules: Self.askersRule + "\n")
    try configuration.daemon(
      "race", scope: "host = yes",
      rules: """
        -b 1000000
        -a always,exit -F arch=b64 -S openat,unlink,rename,connect -F uid=\(Self.racer) -k race
        -a always,exit -F arch=b64 -S openat2 -F uid=\(Self.racer) -k how
        -a always,exclude -F msgtype=CWD
        -a always,exclude -F msgtype=PROCTITLE

        """)
    try ContainerArea.with(in: self.area) { containers in
      try containers.bundle(
        "box", hostID: Self.containerRoot,
        command: "read secret </etc/secret; echo 1 >>/etc/secret; /bin/echo $secret; :")
      let secret = containers.root(hostID: Self.containerRoot).appending(path: "etc/secret")
      try "told\n".write(to: secret, atomically: true, encoding: .utf8)
      chown(secret.path, Self.containerRoot, Self.containerRoot)
      try containers.bundle(
        "asker", hostID: Self.askersRoot,
        shares: [
          ContainedProgram.place: try ContainedProgram(in: self.area).directory,
          "/run/nestaudit": self.area.appending(path: "state/tenant"),
        ], command: Self.questions)
    }
  }

  /// Boots the kernel and has the script run.
  func start() throws -> Program {
    try Program(
      Machine.script("vm"),
      [
        "--kernel", line, "--memory", "2048", "--timeout", "1800", "--writable", results.path,
        Machine.package.appending(path: "Tests/GuestTests/guest").path, area.path,
        Machine.products.path, Machine.package.appending(path: "scripts").path,
      ])
  }

  private func watches(_ phase: String) -> String {
    Self.places.map { "-w \(area.path)/\($0)/\(phase)/watched -p rwa -k \($0)-\(phase)\n" }.joined()
  }

  /// What both audits are asked for.
  private var kernelRules: String {
    watches("beside") + Workload.parityRules + Workload.programRules
      + "-a always,exit -F arch=b64 -S execve -F exe=\(area.path)/memory/echo -k exec\n"
      + "-a always,exit -F arch=b64 -S exit_group -F exe=\(area.path)/memory/echo -k exit\n"
  }

  private func execs(by user: UInt32) -> String {
    "-a always,exit -F arch=b64 -S execve -F uid=\(user) -k inside\n"
  }

  /// Rules that are near to what happens, and are not met.
  private var unmetRules: String {
    """
    -w \(area.path)/memory/alone/neighbour -p xa -k unmet
    -a always,exit -F arch=b64 -S openat -F path=\(area.path)/upper/alone/neighbour -F uid=1 -k unmet
    -a always,exit -F arch=b64 -S execve -F exe=\(area.path)/memory/cat -k unmet
    -a always,exit -F arch=b64 -S openat -F success=0 -F dir=\(area.path)/layers -k unmet

    """
  }

  /// A file of what the script left behind.
  func text(_ name: String) throws -> String {
    try String(contentsOf: results.appending(path: name), encoding: .utf8)
  }

  /// The log of a daemon.
  func log(of daemon: String = "host") -> URL {
    results.appending(path: "log/\(daemon)/audit.log")
  }

  /// The log of the kernel's own audit.
  var kernelLog: URL { results.appending(path: "kernel/log/audit.log") }

  /// The events of a daemon.
  func events(of daemon: String = "host") throws -> [AuditEvent] {
    try AuditEvent.read(log(of: daemon))
  }

  /// The events of the kernel's own audit.
  func kernelEvents() throws -> [AuditEvent] {
    let told = try text("kernel-audit")
    guard told.contains("lost 0\n"), !told.contains("ended by itself") else {
      throw SupportError("the kernel's own audit has lost records: \(told)")
    }
    return try AuditEvent.read(kernelLog)
  }

  /// What a daemon that is told of them says of the names that were rewritten.
  func racedNames() throws -> RacedNames {
    try RacedNames(
      log: results.appending(path: "log/race/audit.log"), objects: try text("race"))
  }

  /// Likewise, of the flags of openat2.
  func racedFlags() throws -> RacedFlags {
    try RacedFlags(log: results.appending(path: "log/race/audit.log"))
  }

  /// What `nestaudit ps` said at the end.
  func status() throws -> CollectorStatus {
    try JSONDecoder().decode(CollectorStatus.self, from: Data(try text("ps").utf8))
  }
}
