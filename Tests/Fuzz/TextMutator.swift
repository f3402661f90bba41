/// Does to bytes what nobody would.
enum TextMutator {
  /// A few changes, each at a random place.
  static func mutate(_ bytes: inout [UInt8], _ random: inout Random) {
    for _ in 0...random.below(4) { change(&bytes, &random) }
  }

  private static let telling = Array(" -,=!<>&/\\#\n\0\t\r\u{1}\u{7f}".utf8) + [0x80, 0xc3, 0xff]
  private static let pieces = [
    " -F ", " -S ", " -k ", " -C ", " -a always,exit", "-w ", "\\ ", "\\\\", ",", "=", "&=",
    "4294967296", "-9223372036854775809", "%s%n", "\u{feff}", "--", " - ", "key=", "contid=", "all",
  ].map { Array($0.utf8) }

  private static func change(_ bytes: inout [UInt8], _ random: inout Random) {
    let place = random.below(bytes.count + 1)
    let end = min(bytes.count, place + random.length(upTo: 64))
    switch random.below(10) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
    case 2: bytes.insert(random.one(of: telling), at: place)
    case 3: if place < bytes.count { bytes[place] = random.one(of: telling) }
    case 4: if place < bytes.count { bytes[place] ^= 1 << UInt8(random.below(8)) }
    case 5: bytes.insert(contentsOf: random.one(of: pieces), at: place)
    case 6: bytes.insert(contentsOf: random.bytes(random.length(upTo: 64)), at: place)
    case 7: bytes.removeSubrange(place...)
    case 8: bytes.insert(contentsOf: Array(random.one(of: Corpus.lines).utf8), at: place)
    default: stretch(&bytes, at: place, &random)
    }
  }

  /// Something very long, seldom: a line is read in pieces of 6,143 bytes.
  private static func stretch(_ bytes: inout [UInt8], at place: Int, _ random: inout Random) {
    guard random.once(in: 16) else { return }
    let piece: [UInt8]
    switch random.below(4) {
    case 0: piece = Array(" -F uid=\(random.below(9))".utf8)
    case 1: piece = Array("k".utf8)
    case 2: piece = Array(" -S \(random.below(2048))".utf8)
    default: piece = [random.one(of: telling)]
    }
    let count = random.below(20_000) / piece.count
    bytes.insert(contentsOf: Array(repeating: piece, count: count).joined(), at: place)
  }
}
