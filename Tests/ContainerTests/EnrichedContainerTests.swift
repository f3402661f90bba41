import Foundation
import TestSupport
import Testing

/// The format ENRICHED where a container and the host have other names for the same ids.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a container with names of its own"))
struct EnrichedContainer {
  private static let auditd = Configuration.auditd.replacing("RAW", with: "ENRICHED")
  private static let rule = "-a always,exit -F arch=b64 -S openat -F success=1"
  private static let passwd = """
    root:x:0:0:root:/root:/bin/sh
    tenant:x:1000:1000::/:/bin/sh
    second:x:1000:1000::/:/bin/sh
    daemon:x:1:1::/:/bin/sh

    """

  /// The records of the first reading of the file that a daemon's log has behind `count` others.
  private static func reading(
    after count: Int, of daemon: String, _ collector: RunningCollector
  ) throws -> AuditEvent? {
    try collector.events(of: daemon).filter { event in
      event.syscall?["key"] == "data"
        && event.records.contains { $0.type == "PATH" && $0["name"] == "/data/file" }
    }.dropFirst(count).first
  }

  @Test(arguments: ContainerRuntime.allCases)
  func eachDaemonHasTheNamesOfItsOwnContainer(runtime: ContainerRuntime) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for (name, scope, rule) in [
        ("own", "container = own", "\(Self.rule) -F path=/data/file"),
        ("shared", "container = own\ninstance = shared", "\(Self.rule) -F path=/data/file"),
        ("plain", "container = own", "\(Self.rule) -F path=/data/file"),
        ("host", "host = yes", "\(Self.rule) -F uid>=300000 -F uid<=365535"),
      ] {
        try configuration.daemon(
          name, scope: scope, rules: rule + " -k data\n",
          auditd: name == "plain" ? Configuration.auditd : Self.auditd)
      }
      try RunningCollector.with(in: area, configuration: configuration) { collector in
        try ContainerArea.with(in: area) { containers in
          // What it does first of all: the names have to be there already.
          try containers.bundle(
            "own", hostID: 300000,
            command: """
              su tenant -c '/bin/cat /data/file' > /dev/null
              while :; do /bin/cat /data/file > /dev/null; sleep 0.2; done
              """)
          try prepare(containers.root(hostID: 300000))
          try containers.start(runtime, "own")
          for daemon in ["own", "shared", "plain", "host"] {
            try wait(for: "the second reading in the log of \(daemon)") {
              try Self.reading(after: 1, of: daemon, collector) != nil
            }
          }
          try expectNames(collector)
          try expectChanges(of: containers.root(hostID: 300000), collector)
        }
      }
      for daemon in ["own", "shared", "plain", "host"] {
        let complaints = try AuditTools.complaints(
          about: area.appending(path: "log/\(daemon)/audit.log"))
        #expect(complaints == [], "\(daemon)")
      }
    }
  }

  private func prepare(_ root: URL) throws {
    try Self.passwd.write(
      to: root.appending(path: "etc/passwd"), atomically: false, encoding: .utf8)
    try "root:x:0:\nstaff:x:50:\ntenants:x:1000:\n".write(
      to: root.appending(path: "etc/group"), atomically: false, encoding: .utf8)
    try "x".write(to: root.appending(path: "data/file"), atomically: false, encoding: .utf8)
    try #require(chown(root.appending(path: "data/file").path, 300001, 300050) == 0)
    try #require(chmod(root.appending(path: "data/file").path, 0o644) == 0)
  }

  private func expectNames(_ collector: RunningCollector) throws {
    let others = ["EUID", "SUID", "FSUID"].map { "\($0)=\"tenant\"" }.joined(separator: " ")
    let groups = ["EGID", "SGID", "FSGID"].map { "\($0)=\"tenants\"" }.joined(separator: " ")
    for daemon in ["own", "shared"] {
      let first = try #require(try Self.reading(after: 0, of: daemon, collector))
      #expect(first.syscall?["uid"] == "1000")
      #expect(
        first.syscall?.enrichment == "ARCH=x86_64 SYSCALL=openat AUID=\"unset\" UID=\"tenant\" "
          + "GID=\"tenants\" \(others) \(groups)")
      #expect(first.first("PATH")?.enrichment == "OUID=\"daemon\" OGID=\"staff\"")
      #expect(first.first("CONTAINER_ID")?.enrichment == nil)
      #expect((first.first("CONTAINER_ID") == nil) == (daemon == "own"))
      let second = try #require(try Self.reading(after: 1, of: daemon, collector))
      #expect(second.syscall?.enrichment?.contains(" UID=\"root\" GID=\"root\" ") == true)
      let start = try #require(try collector.events(of: daemon).first)
      #expect(start.records[0].text.contains(" format=enriched "))
      // The host's root is nobody here.
      #expect(start.records[0].text.contains(" uid=65534 "))
      #expect(start.records[0].enrichment?.hasSuffix(" UID=\"unknown(65534)\"") == true)
    }
    let plain = try collector.events(of: "plain").flatMap(\.records)
    #expect(plain.allSatisfy { $0.enrichment == nil })
    let host = try #require(try Self.reading(after: 0, of: "host", collector))
    #expect(host.syscall?.enrichment?.contains(" UID=\"unknown(301000)\" ") == true)
    #expect(
      host.first("PATH")?.enrichment == "OUID=\"unknown(300001)\" OGID=\"unknown(300050)\"")
  }

  /// The files are changed from outside: a runtime that starts a command in the container reads them too.
  private func expectChanges(of root: URL, _ collector: RunningCollector) throws {
    let file = root.appending(path: "etc/passwd")
    func write(_ text: String, to file: URL) throws {
      try text.write(to: file, atomically: false, encoding: .utf8)
    }
    func expect(_ name: String, after change: () throws -> Void) throws {
      try change()
      try wait(for: "the name \(name)") {
        try collector.events(of: "own").last { $0.syscall?["key"] == "data" }?.first("PATH")?
          .enrichment == "OUID=\(name) OGID=\"staff\""
      }
    }
    try expect("\"renamed\"") { try write("renamed:x:1:1:::\n", to: file) }
    try expect("72650B7F226E") { try write("re\u{b}\u{7f}\"n:x:1:1:::\n", to: file) }
    try expect("\"unknown(1)\"") {
      try FileManager.default.removeItem(at: file)
      try #require(mkfifo(file.path, 0o644) == 0)
    }
    try expect("\"inside\"") {
      try FileManager.default.removeItem(at: file)
      try write("inside:x:1:1:::\n", to: root.appending(path: "data/names"))
      try #require(symlink("../../../../data/names", file.path) == 0)
    }
    // The host has a file of that name.
    try expect("\"unknown(1)\"") {
      try FileManager.default.removeItem(at: file)
      try #require(symlink("../../../../usr/share/base-passwd/passwd.master", file.path) == 0)
    }
    try expect("\"last\"") {
      try FileManager.default.removeItem(at: file)
      try write("last:x:1:1:::\n", to: file)
    }
  }
}
