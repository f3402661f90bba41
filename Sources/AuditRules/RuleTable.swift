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
    let rules = ruleset.tableRules
    guard rules.count <= perBlock * Int(TABLE_BLOCKS_MAX) else {
      throw RuleTableError(
        "\(rules.count) rules on the lists exit and task; a daemon can have at most \(perBlock * Int(TABLE_BLOCKS_MAX))"
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
    // What is asked first comes first: the first page is found without a lookup.
    header.masks = UInt32(lineCount)
    append(row: block.records)
    append(row: block.ends)
    header.steps = UInt32(lineCount)
    appendLines(2 * block.fields.count)
    header.cell = UInt32(lineCount)
    for cell in block.distinctCells {
      append(row: cell.rules)
      append(bytes: [UInt8(cell.fields.count)] + cell.fields)
    }
    header.rows = UInt32(lineCount)
    append(rows: block.rows, words: block.wordCount)
    for (index, field) in block.fields.enumerated() {
      let step = step(field)
      write(step, field.askers, at: Int(header.steps) + 2 * index)
    }
    header.next = isLast ? 0 : UInt32(lineCount)
    guard lineCount <= Int(TABLE_LINES_MAX) else {
      throw RuleTableError(
        "its table in the kernel has more than \(TABLE_LINES_MAX) lines of 64 bytes; split the rules over several daemons"
      )
    }
    withBlock(head) { $0 = header }
  }

  /// Appends what a field has no room for in its own line.
  private mutating func step(_ field: RuleField) -> table_step {
    var step = table_step()
    step.field = field.field
    step.kind = field.kind
    step.plain = field.plain
    step.none = field.none
    step.count = UInt16(field.bounds.count)
    if UInt32(field.kind) == TABLE_FEW.rawValue {
      withUnsafeMutableBytes(of: &step.bound) { bytes in
        let bounds = bytes.bindMemory(to: UInt32.self)
        for index in bounds.indices {
          bounds[index] = index < field.bounds.count ? field.bounds[index] : .max
        }
      }
      withUnsafeMutableBytes(of: &step.row) { bytes in
        _ = bytes.bindMemory(to: UInt16.self).update(fromContentsOf: field.rows)
      }
      return step
    }
    if UInt32(field.kind) == TABLE_SET.rawValue {
      step.any = UInt32(field.members.any)
      step.all = UInt32(field.members.all)
      step.unsure = UInt32(field.members.unsure)
    }
    if [TABLE_VALUE.rawValue, TABLE_SET.rawValue].contains(UInt32(field.kind)) {
      let tree = BoundTree(field.bounds)
      step.low = field.bounds.first ?? .max
      step.high = field.bounds.last ?? .max
      step.below = UInt32(field.rows.first ?? .max)
      step.above = UInt32(field.rows.last ?? .max)
      step.depth = UInt8(tree.depth)
      step.first = UInt32(lineCount)
      step.leaves = step.first + UInt32(tree.levels.dropLast().reduce(0) { $0 + $1.count })
      for line in tree.levels.joined() { append(values: line) }
    }
    step.rows = append(numbers: field.rows)
    return step
  }

  private mutating func write(_ step: table_step, _ askers: RuleRow, at line: Int) {
    let size = MemoryLayout<table_line>.size
    words.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: step, toByteOffset: line * size, as: table_step.self)
      askers.words.withUnsafeBytes { row in
        UnsafeMutableRawBufferPointer(rebasing: bytes[((line + 1) * size)...]).copyMemory(from: row)
      }
    }
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
  private mutating func append(row: RuleRow) { append(row.words) }

  private mutating func append(rows: [RuleRow], words count: Int) {
    append(rows.flatMap(\.words))
  }
}
