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
  /// - Parameter gotAddresses: whether hooks tell the addresses that a syscall gets.
  func entries(gotAddresses: Bool) -> [UInt64] {
    var entries = [UInt64](repeating: 0, count: Self.wordsPerArch)
    forEach { arch, syscall in
      let kind = entry_kind_of(arch, syscall)
      if kind != ENTRY_NONE, !(gotAddresses && kind == ENTRY_ROOM) {
        entries[Int(syscall / 64)] |= 1 << UInt64(syscall % 64)
      }
    }
    return entries
  }

  /// Whether it has a syscall that can replace a file.
  var replaces: Bool {
    var found = false
    forEach { arch, syscall in if entry_replaces(arch, syscall) != 0 { found = true } }
    return found
  }

  private func forEach(_ body: (_ arch: UInt32, _ syscall: UInt32) -> Void) {
    for index in words.indices where words[index] != 0 {
      let (arch, word) = index.quotientAndRemainder(dividingBy: Self.wordsPerArch)
      for bit in 0..<64 where words[index] >> UInt64(bit) & 1 == 1 {
        body(UInt32(arch), UInt32(64 * word + bit))
      }
    }
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
