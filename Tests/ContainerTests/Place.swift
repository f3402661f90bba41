import Foundation
import TestSupport
import Testing

/// A container, or the host, in which commands access files; and the daemon that watches it.
///
/// In a command `#` is a number that no other access has. It is in the event's PROCTITLE, so that
/// the log says of each access whether a rule matched. Programs are given by their paths: else
/// busybox's shell does itself what they would do, under its own PROCTITLE.
final class Place {
  /// What a rule makes of an access.
  enum Verdict {
    /// It matches, from the first moment on.
    case matches
    /// It does not match, from the first moment on.
    case doesNot
    /// It matches when the change before has been noticed.
    case matchesSoon
    /// It does not match any more when the change before has been noticed.
    case doesNotSoon
  }

  /// Has to be among a daemon's rules: by its event what came before is known to be in the log.
  static let fence = "-a always,exit -F arch=b64 -S rmdir -k fence\n"

  /// How long a change may take to be noticed.
  private static let limit = Duration.seconds(5)
  /// More than any number that commands have anyway.
  private nonisolated(unsafe) static var number = 100_000

  private let name: String
  private let shell: (String) throws -> Void
  private var log: NumberedAccesses
  private var own: Set<Int> = []

  /// `shell` runs a command in it, and throws if that fails.
  init(_ name: String, log: URL, shell: @escaping (String) throws -> Void) {
    self.name = name
    self.shell = shell
    self.log = NumberedAccesses(log: log)
  }

  /// Runs commands that must work.
  func run(_ commands: String) throws { try shell("set -e\n\(commands)") }

  /// Makes a change and then an access, which the rule with this key must match, or no rule.
  func expect(
    _ key: String?, _ verdict: Verdict, _ change: String, _ access: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    var keys = try keys(of: access, after: change)
    let wanted = verdict == .matches || verdict == .matchesSoon ? Set([key!]) : []
    if verdict == .matchesSoon || verdict == .doesNotSoon {
      let deadline = ContinuousClock.now + Self.limit
      while keys != wanted, ContinuousClock.now < deadline { keys = try self.keys(of: access) }
    }
    #expect(
      keys == wanted, "\(name): \(change.isEmpty ? "" : change + "; ")\(access)",
      sourceLocation: location)
  }

  /// The keys of the rules that match an access.
  private func keys(of access: String, after change: String = "") throws -> Set<String> {
    let (number, fence) = (next(), next())
    try run(
      """
      \(change)
      (\(access.replacing("#", with: "\(number)"))) >/dev/null 2>&1 || true
      /bin/rmdir \(fence) 2>/dev/null || true
      """)
    try wait(for: "the end of an access in \(name)") {
      try log.read()
      return log.keys[fence] != nil
    }
    return log.keys[number] ?? []
  }

  private func next() -> Int {
    Self.number += 1
    own.insert(Self.number)
    return Self.number
  }

  /// Accesses of other places that a rule of this one's daemon matched, but for the fence.
  func foreign() throws -> [Int: Set<String>] {
    try log.read()
    return log.keys.filter { !own.contains($0.key) && $0.value != ["fence"] }
  }
}

/// The numbered accesses of a log that grows.
private struct NumberedAccesses {
  /// Of the rules that matched, by the number of the access.
  private(set) var keys: [Int: Set<String>] = [:]
  private let log: URL
  private var offset: UInt64 = 0
  private var key = ""

  init(log: URL) { self.log = log }

  /// Reads what has been written since the last time.
  mutating func read() throws {
    let file = try FileHandle(forReadingFrom: log)
    defer { try? file.close() }
    try file.seek(toOffset: offset)
    let new = try file.readToEnd() ?? Data()
    guard let end = new.lastIndex(of: UInt8(ascii: "\n")) else { return }
    offset += UInt64(end + 1)
    for line in String(decoding: new[...end], as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("type=SYSCALL "), let start = line.firstRange(of: " key=\"") {
        key = String(line[start.upperBound...].prefix { $0 != "\"" })
      } else if line.hasPrefix("type=PROCTITLE "), let number = Self.number(in: line) {
        keys[number, default: []].insert(key)
      }
    }
  }

  /// The argument that is a number of ours, also behind an option's `=`.
  private static func number(in line: Substring) -> Int? {
    guard let start = line.firstRange(of: "proctitle=") else { return nil }
    let text = line[start.upperBound...]
    let bytes = stride(from: 0, to: text.utf8.count - 1, by: 2).map { place in
      UInt8(text.dropFirst(place).prefix(2), radix: 16) ?? 0
    }
    let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return arguments.compactMap { $0.split(separator: "=").last.flatMap { Int($0) } }
      .first { $0 > 100_000 }
  }
}
