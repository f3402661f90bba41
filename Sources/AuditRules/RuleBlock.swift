import CNestaudit

/// At most TABLE_RULES rules, as sets: which of them go with a syscall, and which with each value of each field.
struct RuleBlock {
  /// The rules that name a syscall, and the fields that they ask for.
  struct Cell: Hashable {
    let rules: RuleRow
    let fields: [UInt8]
  }

  let ruleCount: Int
  let wordCount: Int
  /// For each arch and syscall, and for the task list, one of `distinctCells`, counted from 1; 0 where there is no
  /// rule.
  private(set) var cells = [UInt16](
    repeating: 0, count: Int(TABLE_CELLS))
  private(set) var distinctCells: [Cell] = []
  let fields: [RuleField]
  let rows: [RuleRow]
  /// Those that record.
  private(set) var records: RuleRow
  /// Those that end the search once they match: `never`, with no condition left to the collector, and on the
  /// list: one that is found by a name's object may come too late.
  private(set) var ends: RuleRow

  /// - Parameter numbers: of rules of the lists exit and task, each in their order.
  init(_ numbers: [Int], of ruleset: CompiledRuleset) throws(RuleTableError) {
    ruleCount = numbers.count
    wordCount = [1, 2, 4, 8].first { $0 * 64 >= numbers.count } ?? Int(TABLE_WORDS)
    let empty = RuleRow(words: wordCount)
    var pool = RowPool()
    var builder = RuleFieldBuilder(ruleCount: numbers.count, wordCount: wordCount)
    records = empty
    ends = empty
    var isPossible = [Bool](repeating: true, count: numbers.count)
    for (bit, number) in numbers.enumerated() {
      let rule = ruleset.rules[number]
      var isWhole = true
      for test in ruleset.tests(of: number) {
        if test.kind == .unmet { isPossible[bit] = false }
        if rule.list == .task, !test.isAboutTask {
          isWhole = false
          continue
        }
        // Names on some filesystems are left out: the collector knows which.
        if ruleset.hasFilesystemRules, test.usesNames {
          isWhole = false
          if test.kind == .fileType { continue }
        }
        if !builder.add(test, ofRule: bit) { isWhole = false }
      }
      if rule.action == .always {
        records[bit] = true
      } else if isWhole, !ruleset.isFoundByName(number) {
        ends[bit] = true
      }
    }
    let built = try builder.build(watchCount: ruleset.watchPaths.count, pool: &pool)
    for bit in built.left { ends[bit] = false }
    fields = built.fields
    rows = pool.rows

    var known: [Cell: UInt16] = [:]
    let bits = Dictionary(uniqueKeysWithValues: zip(numbers, 0...))
    for place in cells.indices {
      let isTaskList = place == Int(TABLE_CELL_TASK)
      let arch = place / Int(POLICY_SYSCALLS)
      let syscall = place % Int(POLICY_SYSCALLS)
      var row = empty
      let asked =
        isTaskList ? ruleset.taskRules : ruleset.exitRules(arch: arch, syscall: syscall)
      for number in asked {
        if let bit = bits[number], isPossible[bit] { row[bit] = true }
      }
      if row.isEmpty { continue }
      let isJudgedByFlags =
        !isTaskList && SyscallClasses.arches[arch].isJudgedByFlags(Int32(syscall))
      let fields = order(row, isJudgedByFlags: isJudgedByFlags)
      let cell = Cell(rules: row, fields: fields.map(UInt8.init))
      if let number = known[cell] {
        cells[place] = number
      } else {
        distinctCells.append(cell)
        cells[place] = UInt16(distinctCells.count)
        known[cell] = cells[place]
      }
    }
  }

  /// The fields that some rule of a row asks for, in the order in which they are asked: as few first as every rule
  /// asks for one of, since mostly each of these leaves nothing; those for which files have to be looked at as late
  /// as can be.
  private func order(_ row: RuleRow, isJudgedByFlags: Bool) -> [Int] {
    var left = fields.indices.filter { index in
      fields[index].askers.intersects(row)
        && (isJudgedByFlags || fields[index].field != UInt8(RULE_FIELD_PERM.rawValue))
    }
    var order: [Int] = []
    var uncovered = row
    for isGathered in [false, true] {
      while let best = left.filter({ fields[$0].isGathered == isGathered })
        .max(by: { fields[$0].askers.common(uncovered) < fields[$1].askers.common(uncovered) }),
        fields[best].askers.intersects(uncovered)
      {
        order.append(best)
        uncovered.subtract(fields[best].askers)
        left.removeAll { $0 == best }
      }
    }
    return order + left
  }
}
