import CNestaudit
import Testing

@testable import Collector

/// Which syscalls have to be looked at when they begin.
struct SyscallGateTests {
  private func gate(wide: [Int], narrow: [Int]) -> SyscallGate {
    var bits = [[UInt64]](repeating: [UInt64](repeating: 0, count: 8), count: 2)
    for number in wide { bits[Int(POLICY_ARCH_64.rawValue)][number / 64] |= 1 << (number % 64) }
    for number in narrow { bits[Int(POLICY_ARCH_32.rawValue)][number / 64] |= 1 << (number % 64) }
    return SyscallGate(bits)
  }

  /// The numbers that a gate for some syscalls has.
  private func entries(
    wide: [Int] = [], narrow: [Int] = [], gotAddresses: Bool = false
  ) -> [Int] {
    let words = gate(wide: wide, narrow: narrow).entries(gotAddresses: gotAddresses)
    return (0..<512).filter { words[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
  }

  @Test func mostAreLookedAtWhenTheyEnd() {
    #expect(entries() == [])
    #expect(
      entries(wide: Array(0..<512).filter { ![80, 159].contains($0) }).contains(159) == false)
    #expect(entries(wide: [0, 59, 117, 124, 257], narrow: [0, 11, 159, 305]) == [])
  }

  @Test func eachArchHasItsOwn() {
    #expect(entries(wide: [31, 59, 80, 305]) == [31, 80, 305])
    #expect(entries(narrow: [12, 59, 117, 405]) == [12, 117, 405])
    #expect(entries(wide: [511, 227], narrow: [25, 511]) == [25, 227])
  }

  @Test func aRuleForAllSyscallsNamesThemToo() {
    #expect(
      entries(wide: Array(0..<512)) == [
        29, 30, 31, 45, 47, 64, 65, 66, 68, 69, 70, 71, 80, 159, 164, 220, 227, 299, 305,
      ])
    #expect(
      entries(narrow: Array(0..<512)) == [
        12, 25, 79, 102, 117, 124, 264, 337, 343, 371, 372, 393, 394, 395, 396, 397, 399, 400, 401,
        402, 404, 405, 417, 420,
      ])
  }

  @Test func hooksHaveTheAddressesThatAreGot() {
    #expect(entries(wide: [45, 47, 80, 299], narrow: [102, 371], gotAddresses: true) == [80])
  }

  @Test func renamesReplaceFiles() {
    func replaces(wide: [Int] = [], narrow: [Int] = []) -> Bool {
      gate(wide: wide, narrow: narrow).replaces
    }
    #expect(!replaces())
    #expect(
      !replaces(
        wide: Array(0..<512).filter { ![82, 264, 316].contains($0) },
        narrow: Array(0..<512).filter { ![38, 302, 353].contains($0) }))
    for number in [82, 264, 316] { #expect(replaces(wide: [number])) }
    for number in [38, 302, 353] { #expect(replaces(narrow: [number])) }
  }
}
