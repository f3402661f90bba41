import Foundation
import TestSupport
import Testing

/// Two containers, `web` of crun and `db` of runc, each with a daemon of its own, and the host with one.
struct Tenants {
  let collector: RunningCollector
  let containers: ContainerArea
  /// Where both containers have ``meeting``, and may write.
  let shared: URL

  /// The one rule of each container's daemon.
  static let rule = "-a always,exit -F arch=b64 -S mkdir -F key=start"
  /// The host's number of each container's root.
  static let roots: [String: UInt32] = ["web": 100000, "db": 200000]
  /// A directory of both containers.
  static let meeting = "/meeting"

  private static let runtimes: [String: ContainerRuntime] = ["web": .crun, "db": .runc]

  /// Runs `body` with them.
  /// - Parameters:
  ///   - scope: what the containers' scope.conf has besides their names.
  ///   - hasPrograms: they have the host's programs, and may do in their namespaces what they like.
  static func with(
    scope: String = "", hasPrograms: Bool = false, _ body: (Tenants) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      try configuration.daemon(
        "host", scope: "host = yes",
        rules: "-a always,exit -F arch=b64 -S mkdir -F uid>=100000 -F uid<=300000 -k host\n")
      for name in roots.keys {
        try configuration.daemon(
          name, scope: "container = \(name)\n\(scope)", rules: rule + "\n")
      }
      let program = try ContainedProgram(in: area)
      let shared = area.appending(path: "meeting")
      try FileManager.default.createDirectory(at: shared, withIntermediateDirectories: true)
      chmod(shared.path, 0o777)
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          var shares = [
            ContainedProgram.place: program.directory, meeting: shared,
            "/run/nestaudit": collector.state.appending(path: "tenant"),
          ]
          for path in hasPrograms ? ["/usr", "/lib", "/lib64"] : [] {
            shares[path] = URL(filePath: path)
          }
          for (name, runtime) in runtimes {
            try containers.bundle(
              name, hostID: roots[name]!, capabilities: hasPrograms ? ["CAP_SYS_ADMIN"] : [],
              shares: shares,
              command: """
                grep -q ^user: /etc/passwd || echo user:x:1000:1000::/:/bin/sh >> /etc/passwd
                while :; do /bin/sleep 1; done
                """)
            try containers.start(runtime, name)
          }
          let tenants = Tenants(collector: collector, containers: containers, shared: shared)
          for name in roots.keys {
            try wait(for: "the users of \(name)") {
              try tenants.run("grep -q ^user: /etc/passwd", in: name).status == 0
            }
          }
          try body(tenants)
        }
      }
    }
  }

  /// Runs a shell command in a container; what it printed, on both outputs, and its exit status.
  func run(_ command: String, in container: String) throws -> (text: String, status: Int) {
    let output = try containers.execute(
      Self.runtimes[container]!, container, "{ \(command)\n} 2>&1; echo \"status $?\"")
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    let status = lines.last?.split(separator: " ").last.flatMap { Int($0) }
    return (
      lines.dropLast().joined(separator: "\n"), try #require(status, "\(command): \(output)")
    )
  }

  func ctl(_ options: String, in container: String) throws -> (text: String, status: Int) {
    try run("\(ContainedProgram.place)/na ctl \(options)", in: container)
  }

  /// A record of a daemon's log, waited for.
  func record(
    _ type: String, _ text: String, in daemon: String
  ) throws -> (event: AuditEvent, record: AuditEvent.Record) {
    var found: (AuditEvent, AuditEvent.Record)?
    try wait(for: "\(type) \(text) in the log of \(daemon)") {
      for event in try collector.events(of: daemon) {
        for record in event.records where record.type == type && record.text.contains(text) {
          found = (event, record)
        }
      }
      return found != nil
    }
    return found!
  }
}
