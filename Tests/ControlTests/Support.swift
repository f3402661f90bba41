import Foundation

@testable import Control

/// Runs `body` with a directory of its own, which is removed afterwards.
func withDirectory(_ body: (String) throws -> Void) throws {
  var template = Array("/tmp/nestaudit.XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
  let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: path) }
  try body(path)
}

/// A collector with a host, a daemon and a container.
let sampleStatus = StatusReply(
  version: "0.1.0", backend: "tracepoint", started: 1_700_000_000, pid: 7, skippedRuns: 2,
  daemons: [
    DaemonStatus(
      name: "host", log: "/var/log/nestaudit/host/audit.log", scope: "host", enabled: 1, rules: 3,
      written: .max, lost: 1, backlog: 0)
  ],
  containers: [
    ContainerStatus(
      contid: 0, parent: nil, name: "host", cgroup: "/", daemons: ["host"], pids: 90,
      books: EventBooks(captured: .max, written: 4, losses: ["rate": 2], parts: 3), unreadable: 2),
    ContainerStatus(
      contid: 44, parent: 0, name: "we\"b\n", cgroup: "/web", daemons: [], pids: 1),
  ])

/// A collector that has one daemon, `web`, with no rules.
func answers(
  connections: Int = .max, _ status: @escaping @Sendable () -> StatusReply?
) -> ControlAnswers {
  ControlAnswers(
    admission: { ControlAdmission(group: UInt64($0.uid), connections: connections) },
    status: { _ in status() },
    control: { peer, daemon, words in
      ControlReply(
        lines: words, warnings: [daemon ?? "own", "\(peer.socket)"],
        error: "\(peer.uid) \(peer.process.pid)", isDenied: true)
    },
    report: { peer, daemon in
      DaemonReportReply(
        daemons: [
          DaemonReport(
            daemon: daemon ?? "all", settings: [.init(name: "enabled", value: 2, note: "x")],
            books: EventBooks(captured: 9, written: 3, filtered: 2, waiting: 1, losses: ["rate": 3])
          )
        ], error: "\(peer.socket)", isDenied: true)
    },
    tail: { _, request in
      guard let daemon = request.daemon else { throw ControlError.refused("whose?") }
      return TailStream(daemon: daemon) { send in
        for number in 0..<request.events {
          guard send(Array("line \(number)\n".utf8)) else { return }
        }
      }
    },
    contid: { peer, asked in
      ContidReply(
        contids: [asked.contid ?? 4, UInt64(asked.from ?? 2)], container: "\(asked.process)",
        error: "\(peer.uid)", code: "EBUSY")
    },
    announce: { _, process in
      AnnounceReply(container: "web", daemons: ["\(process)"], isReady: true)
    },
    rules: { name in name == "web" ? .some(.some(sampleRules)) : .some(nil) },
    reload: { peer in
      ReloadReply(done: "asked by \(peer.process.pid), \(peer.uid)", warnings: ["odd"])
    },
    record: { names in
      guard names != ["nobody"] else { throw ControlError.refused("there is no such container") }
      return TailStream(daemon: "") { send in
        for name in names { guard send(Array(name.utf8)) else { return } }
      }
    },
    endRecord: { true })
}

let sampleRules = RulesReply(
  daemon: "web",
  rules: [.init(rule: "-a always,task", place: "r:1", verdict: "active", reason: "here")],
  listing: ["-a always,task"], unsetAUIDMatches: true, isAUIDUnset: nil, knowsNamedFiles: true,
  rootProcess: 7,
  forms: [
    .init(
      list: 1, action: 2, syscalls: [.max],
      fields: [.init(type: 1, operation: 2, value: .max, string: [0xff], contid: .max)],
      isWatch: true, file: "r", line: 1)
  ],
  roots: [
    .init(
      contid: .max, process: 7,
      watched: [
        .init(
          path: "/x", follows: true, dev: 1, ino: .max, isDirectory: true,
          mounts: [.init(dev: 2, ino: 3)])
      ])
  ])
