@testable import AuditRules
import CNestaudit
import CTableReader

/// The keys of watches that an event has, as bpf/lib/hits.h gathers them.
struct Hits {
  /// The ruleset's paths, and where they are.
  let paths: [(number: Int, object: WatchObject)]
  /// By the number of the path.
  let below: [Bool]

  func fill(_ event: inout reader_event, _ subject: RuleSubject) {
    var names: [reader_hit]? = []
    for name in subject.names {
      guard name.hasObject, !name.isDoubtful, let hits = hits(of: name) else {
        names = nil
        break
      }
      names?.append(contentsOf: hits)
    }
    if let found = names, found.count > Int(READER_HITS_MAX) { names = nil }
    event.names = names.map { UInt32($0.count) } ?? .max
    store(names ?? [], in: &event.name)

    let exe = program(subject.executable)
    event.exes = UInt32(exe.count)
    store(exe, in: &event.exe)
  }

  private func store<Places>(_ hits: [reader_hit], in places: inout Places) {
    withUnsafeMutableBytes(of: &places) { bytes in
      for (index, hit) in hits.enumerated() {
        bytes.storeBytes(
          of: hit, toByteOffset: index * MemoryLayout<reader_hit>.stride, as: reader_hit.self)
      }
    }
  }

  /// nil if it has lost its name in a directory where some name is asked for.
  private func hits(of name: RuleName) -> [reader_hit]? {
    var found: [reader_hit] = []
    let chain = name.chain.isEmpty ? [event_link(ino: name.ino, name: 0)] : Array(name.chain)
    for (index, link) in chain.enumerated() {
      add(
        matching { $0.ino != 0 && $0.ino == link.ino && $0.dev == name.dev }, index == 0, to: &found
      )
      guard index + 1 < chain.count else { continue }
      let directory = chain[index + 1].ino
      if link.name == 0 {
        let isAsked =
          !matching {
            $0.directory != 0 && $0.directory == directory && $0.directoryDev == name.dev
          }.isEmpty
        if index == 0, isAsked { return nil }
        continue
      }
      add(
        matching {
          $0.directory != 0 && $0.directory == directory && $0.directoryDev == name.dev
            && $0.name == link.name
        }, index == 0, to: &found)
    }
    return found
  }

  private func program(_ program: Executable) -> [reader_hit] {
    var found: [reader_hit] = []
    guard program.ino != 0 else { return [] }
    add(
      matching { $0.ino != 0 && $0.ino == program.ino && $0.dev == program.dev }, true, to: &found)
    if program.name != 0 {
      add(
        matching {
          $0.directory != 0 && $0.directory == program.directory
            && $0.directoryDev == program.dev && $0.name == program.name
        }, true, to: &found)
    }
    return found
  }

  private func matching(_ isThere: (WatchObject) -> Bool) -> [Int] {
    paths.filter { isThere($0.object) }.map(\.number)
  }

  private func add(_ numbers: [Int], _ isFile: Bool, to found: inout [reader_hit]) {
    guard !numbers.isEmpty else { return }
    var hit = reader_hit()
    hit.found = 1
    hit.is_file = isFile ? 1 : 0
    hit.paths.count = UInt16(min(numbers.count, Int(WATCH_PATHS_MAX) + 1))
    withUnsafeMutableBytes(of: &hit.paths.path) { bytes in
      for (index, number) in numbers.prefix(Int(WATCH_PATHS_MAX)).enumerated() {
        let entry = UInt16(number) | (below[number] ? UInt16(WATCH_BELOW) : 0)
        bytes.storeBytes(of: entry, toByteOffset: index * 2, as: UInt16.self)
      }
    }
    found.append(hit)
  }
}
