import CNestaudit

/// A bit for each syscall of each arch, and for each operation of io_uring.
struct SyscallGate: Equatable {
  private static let wordsPerArch = Int(POLICY_SYSCALLS) / 64
  /// For each arch, 64 syscalls a word.
  private(set) var words = [UInt64](repeating: 0, count: Int(POLICY_ARCHES) * wordsPerArch)

  /// 64 operations a word.
  private(set) var operations = SyscallGate.noOperations
  private static let noOperations = [UInt64](repeating: 0, count: Int(POLICY_OPERATIONS) / 64)

  /// Closed.
  init() {}

  /// - Parameters:
  ///   - bits: for each arch, 64 syscalls a word.
  ///   - operations: 64 a word; nil for none.
  init(_ bits: [[UInt64]], operations: [UInt64]? = nil) {
    words = bits.flatMap(\.self)
    self.operations = operations ?? Self.noOperations
  }

  mutating func formUnion(_ other: SyscallGate) {
    for index in words.indices { words[index] |= other.words[index] }
    for index in operations.indices { operations[index] |= other.operations[index] }
  }

  /// The numbers of its syscalls that have to be looked at when they begin, of either arch: a bit for each.
  var entries: [UInt64] {
    var entries = [UInt64](repeating: 0, count: Self.wordsPerArch)
    for index in words.indices where words[index] != 0 {
      let (arch, word) = index.quotientAndRemainder(dividingBy: Self.wordsPerArch)
      for bit in 0..<64 where words[index] >> UInt64(bit) & 1 == 1 {
        if entry_kind_of(UInt32(arch), UInt32(64 * word + bit)) != ENTRY_NONE {
          entries[word] |= 1 << UInt64(bit)
        }
      }
    }
    return entries
  }

  /// Writes it where BPF reads it, a word at a time.
  func store(to bytes: UnsafeMutableRawBufferPointer) { Self.store(words, to: bytes) }

  /// Likewise, of the operations.
  func storeOperations(to bytes: UnsafeMutableRawBufferPointer) {
    Self.store(operations, to: bytes)
  }

  private static func store(_ words: [UInt64], to bytes: UnsafeMutableRawBufferPointer) {
    for (index, word) in words.enumerated() {
      bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
    }
  }
}
