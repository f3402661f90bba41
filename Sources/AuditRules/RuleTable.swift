import CNestaudit

/// A ruleset as BPF reads it: `bpf/table.h` says how it is laid out.
public struct RuleTable: Sendable, Hashable {
  /// Words of 64 bits in a line.
  public static let wordsPerLine = Int(TABLE_WORDS)

  /// Line by line.
  public private(set) var words: [UInt64] = []

  /// How many lines there are.
  public var lineCount: Int { words.count / Self.wordsPerLine }

  /// Makes the table of a ruleset.
  /// - Throws: it has more rules, paths or lines than a table can have.
  public init(_ ruleset: CompiledRuleset) throws(RuleTableError) {
    guard ruleset.watchPaths.count <= Int(TABLE_PATHS_MAX) else {
      throw RuleTableError(
        "\(ruleset.watchPaths.count) different paths; a daemon's rules can name at most \(TABLE_PATHS_MAX)"
      )
    }
    let perBlock = Int(TABLE_RULES)
    let rules = ruleset.exitRules
    guard rules.count <= perBlock * Int(TABLE_BLOCKS_MAX) else {
      throw RuleTableError(
        "\(rules.count) rules on list exit; a daemon can have at most \(perBlock * Int(TABLE_BLOCKS_MAX))"
      )
    }
    var start = 0
    repeat {
      let end = min(start + perBlock, rules.count)
      let block = try RuleBlock(Array(rules[start..<end]), of: ruleset)
      try append(block, isLast: end == rules.count, passes: ruleset.isForcing)
      start = end
    } while start < rules.count
  }

  /// The same table, with the version by which the watches of this ruleset are told from others.
  public func versioned(_ version: UInt32) -> RuleTable {
    var copy = self
    var at = 0
    repeat {
      let next = copy.withBlock(at) { block in
        block.version = version
        return Int(block.next)
      }
      at = next
    } while at != 0
    return copy
  }

  // MARK: Lines

  private mutating func append(
    _ block: RuleBlock, isLast: Bool, passes: Bool
  ) throws(RuleTableError) {
    let head = lineCount
    appendLines(1)
    var header = table_block()
    header.rules = UInt32(block.ruleCount)
    header.words = UInt32(block.wordCount)
    header.passes = passes ? 1 : 0
    header.cells = append(numbers: block.cells)
    header.cell = UInt32(lineCount)
    for cell in block.distinctCells {
      append(row: cell.rules)
      append(bytes: [UInt8(cell.fields.count)] + cell.fields)
    }
    let fields = block.fields.map { field in
      var place = table_field()
      place.field = field.field
      place.kind = field.kind
      place.none = field.none
      if let tree = field.tree {
        place.depth = UInt8(tree.depth)
        place.count = UInt16(tree.bounds.count)
        place.first = UInt32(lineCount)
        place.leaves = place.first + UInt32(tree.levels.dropLast().reduce(0) { $0 + $1.count })
        for line in tree.levels.joined() { append(values: line) }
      }
      place.rows = append(numbers: field.rows)
      return place
    }
    header.fields = UInt32(lineCount)
    append(fields: fields)
    header.rows = UInt32(lineCount)
    append(rows: block.rows, words: block.wordCount)
    header.masks = UInt32(lineCount)
    append(row: block.records)
    append(row: block.ends)
    header.next = isLast ? 0 : UInt32(lineCount)
    guard lineCount <= Int(TABLE_LINES_MAX) else {
      throw RuleTableError(
        "its table in the kernel has more than \(TABLE_LINES_MAX) lines of 64 bytes; split the rules over several daemons"
      )
    }
    withBlock(head) { $0 = header }
  }

  @discardableResult
  private mutating func withBlock<Value>(
    _ line: Int, _ body: (inout table_block) -> Value
  ) -> Value {
    words.withUnsafeMutableBytes { bytes in
      body(
        &(bytes.baseAddress! + line * MemoryLayout<table_line>.size).assumingMemoryBound(
          to: table_block.self
        ).pointee)
    }
  }

  private mutating func appendLines(_ count: Int, filledWith word: UInt64 = 0) {
    words.append(contentsOf: repeatElement(word, count: count * Self.wordsPerLine))
  }

  /// Appends as many lines as the elements need; what is left of the last is filled.
  private mutating func append<Element: BitwiseCopyable>(
    _ elements: [Element], filledWith word: UInt64 = 0
  ) {
    let first = words.count * MemoryLayout<UInt64>.size
    let size = elements.count * MemoryLayout<Element>.stride
    let line = MemoryLayout<table_line>.size
    appendLines((size + line - 1) / line, filledWith: word)
    words.withUnsafeMutableBytes { bytes in
      elements.withUnsafeBytes { bytes[first..<(first + size)].copyBytes(from: $0) }
    }
  }

  private mutating func append(numbers: [UInt16]) -> UInt32 {
    let first = UInt32(lineCount)
    append(numbers, filledWith: .max)
    return first
  }

  private mutating func append(values: [UInt32]) { append(values, filledWith: .max) }
  private mutating func append(bytes: [UInt8]) { append(bytes, filledWith: 0) }
  private mutating func append(fields: [table_field]) { append(fields, filledWith: 0) }
  private mutating func append(row: RuleRow) { append(row.words) }

  private mutating func append(rows: [RuleRow], words count: Int) {
    append(rows.flatMap(\.words))
  }
}
