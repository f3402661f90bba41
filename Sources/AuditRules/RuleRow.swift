import CNestaudit

/// A set of the rules of one block: a bit for each, in their order.
struct RuleRow: Hashable {
  private(set) var words: [UInt64]

  /// Without any rule.
  /// - Parameter count: how many words: TABLE_WORDS at most.
  init(words count: Int) { words = [UInt64](repeating: 0, count: count) }

  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

  subscript(rule: Int) -> Bool {
    get { words[rule / 64] >> UInt64(rule % 64) & 1 == 1 }
    set {
      let bit: UInt64 = 1 << UInt64(rule % 64)
      if newValue { words[rule / 64] |= bit } else { words[rule / 64] &= ~bit }
    }
  }
}

extension RuleRow {
  /// How many rules are in both.
  func common(_ other: RuleRow) -> Int {
    zip(words, other.words).reduce(0) { $0 + ($1.0 & $1.1).nonzeroBitCount }
  }

  func intersects(_ other: RuleRow) -> Bool {
    zip(words, other.words).contains { $0 & $1 != 0 }
  }

  mutating func subtract(_ other: RuleRow) {
    for index in words.indices { words[index] &= ~other.words[index] }
  }
}

/// The rows of one block; equal ones are there once.
struct RowPool {
  private(set) var rows: [RuleRow] = []
  private var numbers: [RuleRow: UInt16] = [:]

  /// The number of a row.
  mutating func number(of row: RuleRow) throws(RuleTableError) -> UInt16 {
    if let known = numbers[row] { return known }
    guard rows.count < Int(TABLE_ROWS_MAX) else {
      throw RuleTableError(
        "its rules differ in more than \(TABLE_ROWS_MAX) ways; split them over several daemons")
    }
    let number = UInt16(rows.count)
    rows.append(row)
    numbers[row] = number
    return number
  }
}

/// Why a ruleset has no place in the kernel: a limit, and the cure.
public struct RuleTableError: Error, CustomStringConvertible, Sendable {
  /// In one line.
  public let description: String

  init(_ description: String) { self.description = description }
}
