/// Values that rules and events share, so that they meet, and those at the ends of their types.
enum Values {
  static let numbers: [UInt32] = [
    0, 1, 2, 3, 5, 11, 12, 1000, 1234, 0x7fff_ffff, 0x8000_0000, 0xffff_f000, 0xffff_f001,
    0xffff_fff3, 0xffff_fffe, 0xffff_ffff,
  ]
  static let contids: [UInt64] = [0, 1, 5, 4096, 1 << 32, .max - 1, .max]
  static let inodes: [UInt64] = [0, 1, 2, 3, 5, 0xffff_ffff, 1 << 32 | 5, .max]
  /// Of names.
  static let fingerprints: [UInt64] = [1, 3, 5]
  static let devices: [UInt32] = [0, 1, 0x80_0001, 0xfff0_0000, .max]
  /// Also those that no table has a place for.
  static let syscalls: [Int32] = [
    0, 1, 2, 5, 11, 59, 62, 102, 110, 188, 257, 322, 437, 463, 466, 511, 512, 2047, 2048, -1,
    .min, .max,
  ]
  static let paths: [[UInt8]] = [
    "/", "/a", "/a/b", "/a/b/c", "/ab", "/é", "/a b", "/" + String(repeating: "n", count: 4000),
  ].map { Array($0.utf8) }
  static let fileTypes: [UInt32] = [
    0, 0o10000, 0o20000, 0o40000, 0o60000, 0o100000, 0o120000, 0o140000, 0o170000,
  ]

  static func number(_ random: inout Random) -> UInt32 {
    random.once(in: 8) ? UInt32(truncatingIfNeeded: random.next()) : random.one(of: numbers)
  }

  /// Of a register: more than the 32 bits that are compared.
  static func argument(_ random: inout Random) -> UInt64 {
    UInt64(number(&random)) | (random.once(in: 4) ? random.next() << 32 : 0)
  }
}
