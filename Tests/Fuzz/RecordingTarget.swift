import CNestaudit
import Foundation
import Logging

@testable import Collector
@testable import Recording

/// Recordings that were changed by chance: the bytes of the file, or what is behind the checksums. Replay may refuse them, and say so in
/// a line; nothing else.
struct RecordingTarget: Target {
  static let name = "recording"

  private let seed: UInt64
  private let original: [[UInt8]]
  private let configuration: CollectorConfiguration
  private let area: String
  private let writers = LogWriters()

  init(seed: UInt64) {
    self.seed = seed
    original = RecordingMaker.entries
    area = NSTemporaryDirectory() + "fuzz-recording-\(getpid())"
    guard let standard = try? CollectorConfiguration.standard(),
      let configuration = try? standard.replayed(into: area)
    else { fatalError("the embedded default is no configuration") }
    self.configuration = configuration
  }

  mutating func input(_ number: UInt64) -> [UInt8] {
    // The first is as it was made: replay must take it.
    if number == 0 { return RecordingMaker.file(original) }
    var random = Random(seed: seed, number: number)
    if random.once(in: 4) {
      var bytes = RecordingMaker.file(original)
      change(&bytes, &random)
      return bytes
    }
    var entries = original
    for _ in 0...random.below(4) {
      let place = random.below(entries.count)
      switch random.below(8) {
      case 0: entries.remove(at: place)
      case 1: entries.insert(entries[place], at: random.below(entries.count))
      case 2: entries.swapAt(place, random.below(entries.count))
      default: change(&entries[place], &random)
      }
      if entries.isEmpty { entries = original }
    }
    return RecordingMaker.file(entries)
  }

  private func change(_ bytes: inout [UInt8], _ random: inout Random) {
    guard !bytes.isEmpty else { return }
    for _ in 0...random.below(3) {
      let place = random.below(bytes.count)
      switch random.below(5) {
      case 0: bytes[place] ^= 1 << UInt8(random.below(8))
      case 1: bytes[place] = random.one(of: [0, 1, 0x7f, 0x80, 0xff])
      case 2: bytes.removeLast(min(random.length(upTo: bytes.count - 1), bytes.count - 1))
      case 3: bytes.insert(contentsOf: random.bytes(random.length(upTo: 64)), at: place)
      default:
        for index in place..<min(place + 4, bytes.count) {
          bytes[index] = random.once(in: 2) ? 0xff : 0
        }
      }
    }
  }

  mutating func check(_ input: [UInt8]) throws(Finding) {
    let path = area + ".rec"
    defer {
      unlink(path)
      try? FileManager.default.removeItem(atPath: area)
    }
    guard FileManager.default.createFile(atPath: path, contents: Data(input)) else {
      throw Finding("\(path) cannot be written")
    }
    let isWhole = input == RecordingMaker.file(original)
    var logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    do {
      var replay = try Replay(of: path, configuration, logger: logger, writers: writers)
      let summary = try replay.run()
      if isWhole, !summary.daemons.contains(where: { $0.records > 4 }) {
        throw Finding("the recording as it was made gives no records")
      }
    } catch let error as RecordingError {
      try Finding.unless(!isWhole, "the recording as it was made is refused: \(error)")
      try Finding.unless(!error.description.contains("\n"), "an error has several lines")
    } catch let error as Finding {
      throw error
    } catch {
      // What is called by a name that is too long has no log.
      try Finding.unless(error is LogError || error is CollectorError, "\(error)")
    }
  }

  func description(of input: [UInt8]) -> [UInt8] { input }
}
