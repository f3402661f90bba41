import CNestaudit

/// A bit for each syscall of each arch.
struct SyscallGate: Equatable {
  private static let wordsPerArch = Int(POLICY_SYSCALLS) / 64
  private var words = [UInt64](repeating: 0, count: Int(POLICY_ARCHES) * wordsPerArch)

  /// Closed.
  init() {}

  /// - Parameter bits: for each arch, 64 syscalls a word.
  init(_ bits: [[UInt64]]) { words = bits.flatMap(\.self) }

  mutating func formUnion(_ other: SyscallGate) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// Writes it where BPF reads it, a word at a time.
  func store(to bytes: UnsafeMutableRawBufferPointer) {
    for (index, word) in words.enumerated() {
      bytes.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
    }
  }
}
