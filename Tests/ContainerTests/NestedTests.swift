import Foundation
import TestSupport
import Testing

/// Three containers in each other, with composed user namespaces, and the host: what happens in the innermost is in all
/// four logs, in each as its daemon may see it, and the host's is what the kernel's own audit tells.
@Suite(.serialized, .enabled(if: Machine.isRoot, "needs root: containers in each other"))
struct Nested {
  private static let maps: [NestedContainers.Map] = [
    .none, .from(100000, count: 200_000), .from(1000, count: 150_000),
  ]

  /// A daemon, outermost first, and what its view makes of the host's ids.
  private struct Viewer: Sendable {
    let name: String
    let scope: String
    /// The kernel's id of its id 0, and how many it has.
    let first: UInt32
    let count: UInt32

    func id(_ host: UInt32) -> UInt32 {
      host == .max || first == 0
        ? host : host >= first && host - first < count ? host - first : 65534
    }
  }

  private static let viewers = [
    Viewer(name: "host", scope: "host = yes", first: 0, count: .max),
    Viewer(name: "one", scope: "container = level1", first: 0, count: .max),
    Viewer(name: "two", scope: "container = level1/level2", first: 100_000, count: 200_000),
    Viewer(
      name: "three", scope: "container = level1/level2/level3", first: 101_000, count: 150_000),
  ]

  private struct Logs: Sendable {
    var kernel: [AuditEvent] = []
    /// In the order of `viewers`.
    var events: [[AuditEvent]] = []
    var text: [String] = []
    var status: [(daemon: String, lost: UInt64)] = []
  }

  private static let logs: Result<Logs, any Error> = Result { try record() }

  /// The rules of the workload, in the ids of a view; whichever program.
  private static func rules(_ viewer: Viewer) -> String {
    let uid = viewer.id(101_000 + Workload.uid)
    return Workload.parityRules.replacing("-F exe!=/usr/bin/setpriv ", with: "")
      .replacing("uid=\(Workload.uid)", with: "uid=\(uid)")
      .replacing("gid=\(Workload.uid)", with: "gid=\(uid)")
  }

  private static func record() throws -> Logs {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area)
      for viewer in viewers {
        try configuration.daemon(viewer.name, scope: viewer.scope, rules: rules(viewer))
      }
      var logs = Logs()
      let kernel = try withKernelAudit(rules: rules(viewers[0]), in: area) {
        try RunningCollector.with(in: area, configuration: configuration) { collector in
          try NestedContainers.run(
            maps, in: area,
            command: """
              set -e; mkdir /mnt/w; cp \(Machine.product("workload")) /mnt/w/workload; cd /mnt/w
              chown \(Workload.uid):\(Workload.uid) .
              setpriv --reuid=\(Workload.uid) --regid=\(Workload.uid) --clear-groups ./workload parity 500
              echo done
              """)
          logs.status = try collector.status().daemons.map { ($0.name, $0.lost) }
        }
      }
      logs.kernel = try AuditEvent.read(kernel).filter { $0.syscall?["key"] == "parity" }
      for viewer in viewers {
        let log = area.appending(path: "log/\(viewer.name)/audit.log")
        logs.text.append(try String(contentsOf: log, encoding: .utf8))
        logs.events.append(
          try AuditEvent.read(log).filter { $0.syscall?["key"] == "parity" })
      }
      return logs
    }
  }

  @Test func theHostsLogIsTheKernels() throws {
    let logs = try Self.logs.get()
    #expect(logs.status.allSatisfy { $0.lost == 0 })
    try withTemporaryDirectory { area in
      let comparison = try Comparison(
        "nested", reference: logs.kernel, candidate: logs.events[0].map(Self.plain), in: area)
      print("in the innermost: \(comparison.events) events, \(comparison.records)")
      for difference in comparison.differences { print(difference) }
      #expect(comparison.events.total > 2000)
      #expect(comparison.missing == 0)
      #expect(comparison.extra == 0)
      for (type, share) in comparison.records where type != "PATH" {
        #expect(share.total - share.identical <= Self.known[type] ?? 0, "\(type)")
      }
      let paths = comparison.pathsButObjects
      #expect(paths.total - paths.identical <= Self.known["PATH"] ?? 0)
    }
  }

  /// As in docs/parity.md: what tracepoints do not know of some calls.
  private static let known = ["SYSCALL": 2, "SOCKADDR": 2, "PATH": 8]

  /// Without what the container-identifier series adds.
  private static func plain(_ event: AuditEvent) -> AuditEvent {
    event.keeping {
      $0.hasPrefix("type=CONTAINER_ID ") ? nil : $0.replacing(/\ record=\d+/, with: "")
    }
  }

  @Test(arguments: 1...3)
  func eachInnerLogIsTheHostsWithTheMappingUndone(level: Int) throws {
    let logs = try Self.logs.get()
    let viewer = Self.viewers[level]
    let (host, own) = (logs.events[0].map(Self.plain), logs.events[level].map(Self.plain))
    #expect(host.count == own.count)
    var pids: [Substring: Substring] = ["0": "0"]
    var odd: [String] = []
    for (outside, inside) in zip(host, own) {
      guard outside.records.map(\.type) == inside.records.map(\.type) else {
        odd.append("\(outside.lines) \(inside.lines)")
        continue
      }
      for (theirs, ours) in zip(outside.records, inside.records) {
        let fields = (theirs.text.split(separator: " "), ours.text.split(separator: " "))
        guard fields.0.count == fields.1.count else {
          odd.append("\(theirs.text) | \(ours.text)")
          continue
        }
        // What IPC_SET was given is the caller's own word.
        for (their, our) in zip(fields.0, fields.1)
        where theirs.type == "IPC_SET_PERM"
          ? their != our : !Self.isSame(their, our, of: viewer, &pids)
        {
          odd.append("\(theirs.type): \(their) | \(our)")
        }
      }
    }
    #expect(odd.isEmpty, "\(odd.count) of \(own.count): \(odd.prefix(8))")
    let numbers = pids.filter { $0.value != "0" }
    #expect(Set(numbers.values).count == numbers.count, "no number is two processes'")
    #expect(numbers.count > 50)
  }

  private static let idFields: Set<Substring> = [
    "uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid", "ouid", "ogid", "cap_frootid",
  ]

  private static func isSame(
    _ theirs: Substring, _ ours: Substring, of viewer: Viewer, _ pids: inout [Substring: Substring]
  ) -> Bool {
    let (their, our) = (theirs.split(separator: "="), ours.split(separator: "="))
    guard their.count == 2, our.count == 2, their[0] == our[0] else { return theirs == ours }
    if ["pid", "ppid", "opid"].contains(their[0]) {
      // A process that is outside has no number.
      if our[1] == "0" { return true }
      if let known = pids[their[1]] { return known == our[1] }
      pids[their[1]] = our[1]
      return true
    }
    guard idFields.contains(their[0]), let id = UInt32(their[1]) else { return theirs == ours }
    return String(viewer.id(id)) == our[1]
  }

  @Test func theChainIsTrimmedToTheView() throws {
    let logs = try Self.logs.get()
    let whole = try #require(logs.events[0].first?.first("CONTAINER_ID")?["contid"])
    let ids = whole.split(separator: ",").map { $0.drop { $0 == "^" } }
    #expect(ids.count == 3)
    for (level, chain) in ["\(ids[0]),^\(ids[1]),^\(ids[2])", "\(ids[0]),^\(ids[1])", "\(ids[0])"]
      .enumerated()
    {
      #expect(logs.events[level].allSatisfy { $0.first("CONTAINER_ID")?["contid"] == chain })
    }
    #expect(logs.events[3].allSatisfy { $0.first("CONTAINER_ID") == nil })
  }

  /// Every identifier of what is outside, wherever it could stand.
  @Test(arguments: 1...3)
  func nothingOfWhatIsOutsideIsInALog(level: Int) throws {
    let logs = try Self.logs.get()
    let whole = try #require(logs.events[0].first?.first("CONTAINER_ID")?["contid"])
    let contids = whole.split(separator: ",").map { String($0.drop { $0 == "^" }) }
    let outer = contids.suffix(level - 1)
    var foreign = outer.map { "contid=\($0)" } + outer.map { "^\($0)" } + ["nested-", "nestaudit-"]
    foreign += (1..<level).map { "level\($0)" }
    if level > 1 { foreign.append("=\(101_000 + Workload.uid) ") }
    if level > 2 { foreign.append("=\(1000 + Workload.uid) ") }
    let pids = Set(logs.events[0].compactMap { $0.syscall?["pid"] })
    let own = Set(logs.events[level].compactMap { $0.syscall?["pid"] })
    foreign += pids.subtracting(own).flatMap { ["pid=\($0) ", "opid=\($0) "] }
    let text = Data(logs.text[level].utf8)
    for word in foreign {
      #expect(
        text.range(of: Data(word.utf8)) == nil,
        "\(word) in the log of \(Self.viewers[level].name)")
      let hex = word.utf8.map { String(format: "%02X", $0) }.joined()
      if hex.count >= 12 {
        #expect(text.range(of: Data(hex.utf8)) == nil, "\(word) in hexadecimal")
      }
    }
  }

  @Test(arguments: 0...3)
  func noSerialNumberIsLeftOut(level: Int) throws {
    let serials = Set(
      try Self.logs.get().text[level].matches(of: /msg=audit\(\d+\.\d+:(\d+)\)/).compactMap {
        Int($0.1)
      })
    #expect(serials == Set(1...serials.count))
  }
}
