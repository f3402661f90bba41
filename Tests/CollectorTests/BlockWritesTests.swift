import AuditRecords
import Foundation
import TestSupport
import Testing

@testable import Collector

/// What comes to a log in a flood goes past the page cache, and is in the file as if it had not.
struct BlockWritesTests {
  private let area: Area
  private var path: String { area.path + "/web/audit.log" }

  init() throws { area = try Area() }

  /// Hands lines to a log as its daemon does.
  private struct Feeder: ~Copyable {
    let log: DaemonLog
    private var stream: UInt64 = 0
    private var tail = LogTail()
    private var serial = 100_000
    private(set) var text: [UInt8] = []

    init(_ log: DaemonLog) { self.log = log }

    /// One batch of lines, of at least so many bytes together.
    mutating func submit(_ bytes: Int, toNewFile isFirst: Bool = false) {
      let batch = log.emptyBatch(at: stream, after: tail.bytes)
      repeat {
        serial += 1
        let line =
          "type=X msg=audit(1700000000.000:\(serial)): "
          .padding(toLength: 50 + serial * 7919 % 1000, withPad: "x", startingAt: 0) + "\n"
        let bytes = Array(line.utf8)
        text += bytes
        bytes.withUnsafeBytes { batch.text.append($0) }
        batch.records += 1
      } while batch.count < bytes
      batch.isFirst = isFirst
      stream += UInt64(batch.count)
      tail.keep(log.tail(of: batch, endingAt: stream), of: batch.text.bytes)
      log.queue(batch)
      log.write(batch)
    }

    /// Batches of these sizes in turn, until so many found the log in blocks.
    mutating func flood(
      _ sizes: [Int], inBlocks wanted: Int, _ whenInBlocks: () throws -> Void
    ) rethrows {
      var inBlocks = 0
      var round = 0
      // A disk that is slow just then is left to the page cache for a moment.
      while inBlocks < wanted, round < 4000 {
        round += 1
        submit(sizes[round % sizes.count])
        if log.isInBlocks.load(ordering: .relaxed) {
          inBlocks += 1
          try whenInBlocks()
        }
        // As fast as the disk, and never so slow that it ends.
        while log.queuedRecords > 8000 { usleep(100) }
      }
      #expect(inBlocks == wanted)
    }

    /// Until its last lines are in the file.
    func settle() {
      let deadline = ContinuousClock.now + .seconds(20)
      while log.queuedRecords > 0, ContinuousClock.now < deadline { usleep(500) }
      #expect(log.queuedRecords == 0)
    }
  }

  private func log(_ text: String = "flush = NONE\nmax_log_file_action = IGNORE\n") throws
    -> DaemonLog
  {
    try DaemonLog(
      path: path, configuration: .parse(text, file: "auditd.conf"), writers: LogWriters())
  }

  private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: area.path + "/" + name)))
  }

  /// Bytes of a file, and those of them that the page cache has.
  private func memory(of name: String) throws -> (size: Int, resident: Int) {
    let file = open(area.path + "/" + name, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    let size = Int(lseek(file, 0, SEEK_END))
    let mapped = mmap(nil, size, PROT_READ, MAP_SHARED, file, 0)
    try #require(mapped != MAP_FAILED)
    defer { munmap(mapped, size) }
    var pages = [UInt8](repeating: 0, count: (size + 4095) / 4096)
    try #require(mincore(mapped!, size, &pages) == 0)
    return (size, pages.reduce(0) { $0 + Int($1 & 1) } * 4096)
  }

  /// Whether a log can be written in blocks here.
  private static let areTaken: Bool = {
    guard let area = try? Area(),
      let file = try? LogFile(path: area.path + "/audit.log", configuration: .init())
    else { return false }
    return file.takesBlocks
  }()
  private static let need: Comment = "needs a file system with O_DIRECT, and Linux 6.1"

  @Test(.enabled(if: areTaken, need))
  func aFloodIsInTheFileByteForByte() throws {
    // What another has left ends within a block.
    try area.write("type=X msg=audit(1700000000.000:1): before\n", to: "web/audit.log")
    let log = try log()
    var feeder = Feeder(log)
    feeder.flood([200_000, 40_000, 500, 131_072, 70_001], inBlocks: 200) {}
    feeder.settle()
    #expect(log.close() == 0)
    let (size, resident) = try memory(of: "web/audit.log")
    #expect(size - resident > 8 << 20, "\(resident) of \(size) bytes are in the page cache")
    let expected = Array("type=X msg=audit(1700000000.000:1): before\n".utf8) + feeder.text
    #expect(try bytes("web/audit.log").elementsEqual(expected))
  }

  @Test(.enabled(if: areTaken, need))
  func itsLastLinesWaitForAMomentOnly() throws {
    let log = try log()
    var feeder = Feeder(log)
    for _ in 0..<40 {
      feeder.submit(200_000)
      usleep(500)
    }
    // Nothing follows.
    feeder.settle()
    #expect(try bytes("web/audit.log") == feeder.text)
    for _ in 0..<20 {
      feeder.submit(100)
      usleep(1000)
    }
    feeder.settle()
    let isInBlocks = log.isInBlocks.load(ordering: .relaxed)
    #expect(!isInBlocks)
    #expect(try bytes("web/audit.log") == feeder.text)
    #expect(log.close() == 0)
  }

  @Test(.enabled(if: areTaken, need))
  func filesAreRotatedBetweenEvents() throws {
    let log = try log("flush = NONE\nmax_log_file = 1\nnum_logs = 99\n")
    var feeder = Feeder(log)
    for round in 0..<120 {
      feeder.submit([200_000, 50_000, 3_000][round % 3])
      while log.queuedRecords > 4000 { usleep(100) }
    }
    feeder.settle()
    #expect(log.close() == 0)
    var files: [[UInt8]] = [try bytes("web/audit.log")]
    while let older = try? bytes("web/audit.log.\(files.count)") { files.append(older) }
    #expect(files.count > 8)
    #expect(files.reversed().flatMap { $0 } == feeder.text)
    for file in files.dropFirst() {
      #expect(file.last == UInt8(ascii: "\n"))
      #expect(file.count >= 1 << 20 && file.count < (1 << 20) + 2000)
    }
  }

  @Test(.enabled(if: areTaken, need))
  func aNewFileThatIsAskedForBeginsWithItsOwnLines() throws {
    let log = try log("flush = NONE\nmax_log_file = 100\n")
    var feeder = Feeder(log)
    for _ in 0..<20 { feeder.submit(200_000) }
    let before = feeder.text
    feeder.submit(100, toNewFile: true)
    for _ in 0..<20 { feeder.submit(200_000) }
    feeder.settle()
    #expect(log.close() == 0)
    #expect(try bytes("web/audit.log.1") == before)
    #expect(try bytes("web/audit.log") == Array(feeder.text[before.count...]))
  }

  /// Whether what has no place on the disk yet is behind all that has one: a machine that loses its power then leaves no
  /// hole.
  private func isWholeUpToItsEnd(_ name: String) throws -> Bool {
    let file = open(area.path + "/" + name, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    // Documentation/filesystems/fiemap.rst: a head of 32 bytes, and 56 for each extent.
    let most = 4096
    let map = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 + 56 * most, alignment: 8)
    defer { map.deallocate() }
    map.initializeMemory(as: UInt8.self, repeating: 0)
    map.storeBytes(of: .max, toByteOffset: 8, as: UInt64.self)
    map.storeBytes(of: UInt32(most), toByteOffset: 24, as: UInt32.self)
    try #require(ioctl(file, 0xC020_660B, map.baseAddress!) == 0)
    let count = Int(map.load(fromByteOffset: 20, as: UInt32.self))
    try #require(count < most)
    let isDelayed = (0..<count).map {
      map.load(fromByteOffset: 32 + 56 * $0 + 40, as: UInt32.self) & 4 != 0
    }
    return isDelayed.drop { !$0 }.allSatisfy { $0 }
  }

  @Test(.enabled(if: areTaken, need))
  func whatThePageCacheHasIsOnTheDiskBeforeBlocksFollow() throws {
    let log = try log()
    var feeder = Feeder(log)
    for _ in 0..<20 {
      feeder.submit(20_000)
      usleep(2000)
    }
    try feeder.flood([200_000], inBlocks: 50) {
      // The file may have changed while it was looked at.
      let isWhole = try isWholeUpToItsEnd("web/audit.log") || isWholeUpToItsEnd("web/audit.log")
      try #require(isWhole)
    }
    #expect(log.close() == 0)
  }

  @Test func whatTheCacheHasIsWaitedForIfItIsLittle() throws {
    try area.write(String(repeating: "x", count: 3 << 20), to: "log")
    let file = open(area.path + "/log", O_WRONLY | O_CLOEXEC)
    defer { close(file) }
    var cached = CachedBytes(1 << 20)
    let little = cached.areFew(with: 0, in: file, size: 3 << 20)
    cached.add(2 << 20)
    // It goes to the disk meanwhile, with no more of it.
    let much = cached.areFew(with: 0, in: file, size: 3 << 20)
    #expect([little, much] == [true, false])
    cached.add(4096)
    let deadline = ContinuousClock.now + .seconds(20)
    while !cached.areFew(with: 0, in: file, size: 3 << 20), ContinuousClock.now < deadline {
      usleep(1000)
    }
    let rest = cached.areFew(with: (1 << 20) - 4096, in: file, size: 3 << 20)
    let isSettled = cached.settle(in: file, size: 3 << 20)
    #expect([rest, isSettled] == [true, true])
  }

  // MARK: When

  private let block = BlockWrites.blockSize

  @Test func littleIsWrittenAtOnce() {
    var writes = BlockWrites()
    #expect(writes.step(waiting: 500_000, room: .max, size: 0, at: 0) == .cached)
  }

  @Test func aLotIsWrittenUpToTheEndOfABlock() {
    var writes = BlockWrites()
    writes.wroteCached(400_000, at: 20_000_000)
    #expect(
      writes.step(waiting: 200_000, room: .max, size: 100, at: 20_000_000)
        == .blocks(48 * block - 100))
    #expect(
      writes.step(waiting: 200_000, room: 20_000, size: 0, at: 20_000_000) == .blocks(4 * block))
    #expect(writes.step(waiting: 200_000, room: 4000, size: 0, at: 20_000_000) == .cached)
    #expect(writes.step(waiting: 9 << 20, room: .max, size: 0, at: 20_000_000) == .blocks(1 << 20))
    #expect(writes.step(waiting: 100_000, room: .max, size: 0, at: 20_000_000) == .cached)
  }

  @Test(arguments: [1, 8, 10_000, 2_500_000] as [Int64])
  func aLotAfterALongSilenceIsNoPace(hours: Int64) {
    var writes = BlockWrites()
    let now = hours * 3_600_000_000_000
    writes.wroteCached(400_000, at: now)
    let first = writes.step(waiting: 200_000, room: .max, size: 0, at: now)
    #expect(first == .cached)
    writes.wroteCached(400_000, at: now + 20_000_000)
    let second = writes.step(waiting: 200_000, room: .max, size: 0, at: now + 20_000_000)
    #expect(second == .blocks(48 * block))
  }

  @Test func aLotAtOnceIsWrittenInBlocks() {
    var writes = BlockWrites()
    #expect(writes.step(waiting: 1 << 20, room: .max, size: 0, at: 0) == .blocks(1 << 20))
  }

  /// What comes in the time that blocks wait is more than what lets them begin.
  @Test(arguments: [6, 9, 12, 15])
  func aPaceThatIsNotEnoughStaysWithThePageCache(megabytes: Int) {
    var writes = BlockWrites()
    var held = 0
    var waiting = 0
    for millisecond in 0..<1000 {
      let now = Int64(millisecond) * 1_000_000
      waiting += megabytes << 20 / 1000
      // The thread was kept waiting.
      if millisecond % 100 < 18 { continue }
      switch writes.step(waiting: waiting, room: .max, size: 0, at: now) {
      case .cached:
        writes.wroteCached(waiting, at: now)
        waiting = 0
      case .blocks(let count):
        writes.wrote(in: 1000, at: now)
        waiting -= count
      case .hold: held += 1
      }
    }
    #expect(held == 0)
  }

  @Test func onceItIsOnMoreIsWaitedFor() {
    var writes = BlockWrites()
    writes.wrote(in: 1000, at: 0)
    #expect(writes.step(waiting: 100, room: .max, size: 0, at: 5) == .hold(until: 20_000_005))
    #expect(writes.step(waiting: 200_000, room: .max, size: 0, at: 9) == .hold(until: 20_000_005))
    #expect(writes.step(waiting: 1 << 20, room: .max, size: 0, at: 10) == .blocks(1 << 20))
    #expect(writes.step(waiting: 400_000, room: .max, size: 0, at: 11) == .hold(until: 20_000_011))
    #expect(
      writes.step(waiting: 400_000, room: .max, size: 0, at: 20_000_011) == .blocks(97 * block))
    #expect(writes.isOn)
    // It has become slow.
    #expect(
      writes.step(waiting: 9000, room: .max, size: 0, at: 21_000_000) == .hold(until: 41_000_000))
    #expect(writes.step(waiting: 9000, room: .max, size: 0, at: 41_000_000) == .cached)
    #expect(!writes.isOn)
  }

  @Test func aSlowDiskIsLeftToThePageCache() {
    var writes = BlockWrites()
    var now: Int64 = 100
    func expectSlow(for rest: Int64) {
      writes.wrote(in: 60_000_000, at: now)
      #expect(!writes.isOn)
      now += rest
      let before = writes.step(waiting: 1 << 20, room: .max, size: 0, at: now - 1)
      #expect(before == .cached)
      let after = writes.step(waiting: 1 << 20, room: .max, size: 0, at: now)
      #expect(after == .blocks(1 << 20))
    }
    for rest: Int64 in [125, 250, 500, 1000, 1000] { expectSlow(for: rest * 1_000_000) }
    // What goes well for less than a second tells nothing.
    writes.wrote(in: 1000, at: now + 1_000_000_000)
    expectSlow(for: 1_000_000_000)
    now += 1_000_000_001
    writes.wrote(in: 1000, at: now)
    expectSlow(for: 125_000_000)
  }
}
