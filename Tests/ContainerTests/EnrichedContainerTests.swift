import Foundation
import TestSupport
import Testing

/// The format ENRICHED where a container and the host have other names for the same ids.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: a container with names of its own"))
struct EnrichedContainer {
  private static let auditd = Configuration.auditd.replacing("RAW", with: "ENRICHED")
  private static let rule = "-a always,exit -F arch=b64 -S openat -F success=1"
  private static let read = "/bin/cat /data/file"
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

  @Test func eachDaemonHasTheNamesOfItsOwnContainer() throws {
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
              su tenant -c "\(Self.read)" > /dev/null; /bin/cat /data/file > /dev/null; sleep 1000
              """)
          try prepare(containers.root(hostID: 300000))
          try containers.start(.crun, "own")
          for daemon in ["own", "shared", "plain", "host"] {
            try wait(for: "the second reading in the log of \(daemon)") {
              try Self.reading(after: 1, of: daemon, collector) != nil
            }
          }
          try expectNames(collector)
          try expectChanges(containers, collector)
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
      #expect(start.records[0].enrichment?.hasSuffix(" UID=\"root\"") == true)
    }
    let plain = try collector.events(of: "plain").flatMap(\.records)
    #expect(plain.allSatisfy { $0.enrichment == nil })
    let host = try #require(try Self.reading(after: 0, of: "host", collector))
    #expect(host.syscall?.enrichment?.contains(" UID=\"unknown(301000)\" ") == true)
    #expect(
      host.first("PATH")?.enrichment == "OUID=\"unknown(300001)\" OGID=\"unknown(300050)\"")
  }

  private func expectChanges(
    _ containers: ContainerArea, _ collector: RunningCollector
  ) throws {
    var count = 2
    /// Makes a change, and reads the file until its owner has a name.
    func expect(_ name: String, after change: String) throws {
      try containers.execute(.crun, "own", change)
      var owner: String?
      try wait(for: "the name \(name) after: \(change)") {
        try containers.execute(.crun, "own", Self.read)
        try wait(for: "a reading") { try Self.reading(after: count, of: "own", collector) != nil }
        owner = try Self.reading(after: count, of: "own", collector)?.first("PATH")?.enrichment
        count += 1
        return owner == "OUID=\(name) OGID=\"staff\""
      }
    }
    try expect("\"renamed\"", after: "sed -i 's/^daemon/renamed/' /etc/passwd")
    try expect("7265207F6E", after: "printf 're \\177n:x:1:1:::\\n' > /etc/passwd")
    try expect("\"unknown(1)\"", after: "rm /etc/passwd; mkfifo /etc/passwd")
    try expect(
      "\"inside\"",
      after: """
        rm /etc/passwd; echo inside:x:1:1::: > /data/names; ln -s ../../../../data/names /etc/passwd
        """)
    // The host's file of that name is another one.
    try expect(
      "\"unknown(1)\"",
      after: "rm /etc/passwd; ln -s ../../../../usr/share/base-passwd/passwd.master /etc/passwd")
    try expect("\"last\"", after: "rm /etc/passwd; echo last:x:1:1::: > /etc/passwd")
  }
}
