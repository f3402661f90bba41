internal import AuditRecords
import Glibc

/// The names of ids, for every container that has a daemon in the format ENRICHED. Lives on the drain thread, which
/// never reads a file of a container itself.
final class NameTable {
  /// The first names of a container are waited for, so that its first events have them already: for as long as this
  /// at most.
  private static let longestWait: Int64 = 50_000_000
  /// What can be waited in a row; it grows again by an eleventh of the time that passes.
  private static let mostCredit: Int64 = 500_000_000
  /// So many places are looked at in a second; of more each has its turn.
  private static let looks = 128

  /// The names where no id has one.
  nonisolated(unsafe) static let nobody: UnsafePointer<IDNames> = {
    let names = UnsafeMutablePointer<IDNames>.allocate(capacity: 1)
    names.initialize(to: .none)
    return UnsafePointer(names)
  }()

  private let reader = NameReader()
  private let outside: Outside
  private(set) var sources: [UInt64: NameSource] = [:]
  private var numbers: [UInt32: UInt64] = [:]
  private var nextNumber: UInt64 = 1
  /// Whose turn it is to be looked at, the next one last.
  private var turns: [UInt64] = []
  private var credit = mostCredit
  private var creditTime = Clock.read(CLOCK_MONOTONIC)

  init(outside: Outside = Outside()) { self.outside = outside }

  /// The names in a root, read if they are not there yet; to be given back with `release`.
  /// - Parameter instance: tells the root from others; see `ContainerEntry.instance`.
  func hold(_ place: NamePlace, instance: UInt32) -> UnsafePointer<IDNames> {
    let source = numbers[instance].flatMap { sources[$0] } ?? begin(place, instance)
    source.uses += 1
    return UnsafePointer(source.names)
  }

  /// What `hold` gave is not used any more.
  func release(instance: UInt32) {
    guard let number = numbers[instance], let source = sources[number] else { return }
    source.uses -= 1
    guard source.uses == 0 else { return }
    sources[number] = nil
    numbers[instance] = nil
  }

  private func begin(_ place: NamePlace, _ instance: UInt32) -> NameSource {
    let source = NameSource(place)
    let number = nextNumber
    nextNumber += 1
    sources[number] = source
    numbers[instance] = number
    ask(number, source)
    let start = Clock.read(CLOCK_MONOTONIC)
    credit = min(Self.mostCredit, credit + (start - creditTime) / 11)
    reader.wait(for: number, atMost: min(Self.longestWait, max(credit, 0)))
    creditTime = Clock.read(CLOCK_MONOTONIC)
    credit -= creditTime - start
    take()
    return source
  }

  private func ask(_ number: UInt64, _ source: NameSource) {
    guard !source.isAsked else { return }
    source.isAsked = true
    reader.ask(number, source.place, since: source.versions)
  }

  /// Goes by what has been read since the last call.
  func take() {
    guard !sources.isEmpty else { return }
    for (number, answer) in reader.take() {
      guard let source = sources[number] else {
        answer.free()
        continue
      }
      source.take(answer)
      outside.recorder?.names(of: source.place.contid, source.names.pointee)
    }
  }

  /// Once a second: has it looked whether names have changed.
  func lookAgain() {
    reader.relieve()
    if turns.isEmpty { turns = sources.keys.sorted(by: >) }
    for _ in 0..<min(Self.looks, turns.count) {
      let number = turns.removeLast()
      if let source = sources[number] { ask(number, source) }
    }
  }
}
