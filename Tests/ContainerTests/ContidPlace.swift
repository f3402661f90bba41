import Foundation
import TestSupport

/// An orchestrator, with daemons for the host and for contid 7 that are told of programs.
struct ContidPlace {
  static let rules = "-a always,exit -F arch=b64 -S execve -k exec\n"

  let collector: RunningCollector
  let orchestrator: Orchestrator

  /// Runs `body` with it, and with more daemons.
  static func with(
    settings: String = "", daemons: [(name: String, scope: String, rules: String)] = [],
    options: [String] = [], _ body: (ContidPlace) throws -> Void
  ) throws {
    try withTemporaryDirectory { area in
      let configuration = try Configuration(in: area, settings: settings)
      try configuration.daemon("host", scope: "host = yes", rules: rules)
      try configuration.daemon("seven", scope: "contid = 7", rules: rules)
      for (name, scope, rules) in daemons {
        try configuration.daemon(name, scope: scope, rules: rules)
      }
      try RunningCollector.with(
        in: area, configuration: configuration, options: options
      ) { collector in
        try body(
          ContidPlace(
            collector: collector, orchestrator: Orchestrator(of: collector, in: area)))
      }
    }
  }

  /// The programs that were executed with an argument `mark…`.
  func marks(_ daemon: String) throws -> [(mark: String, event: AuditEvent)] {
    try collector.settledEvents(of: daemon).compactMap { event in
      guard let mark = event.first("EXECVE")?["a1"], mark.hasPrefix("mark") else { return nil }
      return (mark, event)
    }
  }

  func operations(_ daemon: String) throws -> [AuditEvent.Record] {
    try collector.settledEvents(of: daemon).compactMap { $0.first("CONTAINER_OP") }
  }
}
