import CNestaudit

/// One field of a block: from what an event has to the row of the rules that it lets match.
struct RuleField {
  /// enum rule_field
  let field: UInt8
  /// enum table_kind
  let kind: UInt8
  /// Row of the rules that do not ask for it.
  let none: UInt16
  /// Of numbers.
  var bounds: [UInt32] = []
  /// By interval, bit or path.
  let rows: [UInt16]
  /// The rules that ask for it.
  let askers: RuleRow
  /// Of what there may be several of.
  var members = MemberRows()

  /// Rows of the rules by which of several numbers have to meet them.
  struct MemberRows {
    var any: UInt16 = 0
    var all: UInt16 = 0
    /// The collector tells.
    var unsure: UInt16 = 0
  }

  /// Whether the event's files have to be looked at.
  var isGathered: Bool {
    switch table_kind(UInt32(kind)) {
    case TABLE_NAMES, TABLE_EXE: true
    case TABLE_SET:
      ![RULE_FIELD_GID, RULE_FIELD_EGID, RULE_FIELD_CONTID].contains(rule_field(UInt32(field)))
    default: false
    }
  }

  /// enum table_plain
  var plain: UInt8 {
    let flag: table_plain? =
      switch rule_field(UInt32(field)) {
      case RULE_FIELD_A0, RULE_FIELD_A1, RULE_FIELD_A2, RULE_FIELD_A3, RULE_FIELD_PERS,
        RULE_FIELD_SESSION:
        TABLE_PLAIN
      case RULE_FIELD_EXIT, RULE_FIELD_SUCCESS: TABLE_PLAIN_RESULT
      case RULE_FIELD_PID, RULE_FIELD_PPID, RULE_FIELD_UID, RULE_FIELD_EUID, RULE_FIELD_SUID,
        RULE_FIELD_FSUID, RULE_FIELD_AUID, RULE_FIELD_GID, RULE_FIELD_EGID, RULE_FIELD_SGID,
        RULE_FIELD_FSGID:
        TABLE_PLAIN_HOST
      default: nil
      }
    return UInt8(flag?.rawValue ?? 0)
  }
}

/// Gathers the conditions of a block by field, and makes rows of them.
struct RuleFieldBuilder {
  private struct Condition {
    let rule: Int
    let test: RuleTest
    var members = RuleTest.Members.first
  }
  private let ruleCount: Int
  private let wordCount: Int
  private var numbers: [UInt8: [Condition]] = [:]
  private var sets: [UInt8: [Condition]] = [:]
  private var bits: [UInt8: [Condition]] = [:]
  private var names: [Condition] = []
  private var programs: [Condition] = []

  init(ruleCount: Int, wordCount: Int) {
    self.ruleCount = ruleCount
    self.wordCount = wordCount
  }

  /// Takes a condition; false if it is left to the collector.
  mutating func add(_ test: RuleTest, ofRule rule: Int) -> Bool {
    let condition = Condition(rule: rule, test: test)
    switch test.tableField {
    case .none: return test.isSettledWithoutField
    case .number(let field):
      numbers[UInt8(field.rawValue), default: []].append(condition)
    case .set(let field, let members):
      let member = Condition(rule: rule, test: test, members: members)
      sets[UInt8(field.rawValue), default: []].append(member)
    case .bits(let column):
      let field = UInt8(column.rawValue)
      // One row for each bit says what one `&` of a rule asks for; a second would get mixed up with it.
      let isSecond =
        test.operation == .bitMask
        && bits[field, default: []].contains {
          $0.rule == rule && $0.test.operation == .bitMask
        }
      if isSecond { return false }
      bits[field, default: []].append(condition)
    case .names: names.append(condition)
    case .program: programs.append(condition)
    }
    return true
  }

  /// - Returns: the fields, in the order in which they are best asked, and the rules of which a condition found
  ///   no room and is left to the collector.
  func build(
    watchCount: Int, pool: inout RowPool
  ) throws(RuleTableError) -> (fields: [RuleField], left: Set<Int>) {
    var fields: [RuleField] = []
    var left: Set<Int> = []
    for (field, conditions) in numbers.sorted(by: { $0.key < $1.key }) {
      fields.append(try value(field, conditions, &pool, &left))
    }
    for (field, conditions) in sets.sorted(by: { $0.key < $1.key }) {
      if conditions.allSatisfy({ $0.members == .first }) {
        fields.append(try value(field, conditions, &pool, &left))
      } else {
        fields.append(try set(field, conditions, &pool, &left))
      }
    }
    for (field, conditions) in bits.sorted(by: { $0.key < $1.key }) {
      fields.append(try bits(field, conditions, &pool))
    }
    if !programs.isEmpty { fields.append(try exe(watchCount, &pool)) }
    if !names.isEmpty { fields.append(try names(watchCount, &pool)) }
    return (fields, left)
  }

  /// All rules, but those of `conditions`.
  private func others(_ conditions: [Condition]) -> RuleRow {
    var row = RuleRow(words: wordCount)
    for rule in 0..<ruleCount { row[rule] = true }
    for condition in conditions { row[condition.rule] = false }
    return row
  }

  private func value(
    _ field: UInt8, _ all: [Condition], _ pool: inout RowPool, _ left: inout Set<Int>,
    isSet: Bool = false
  ) throws(RuleTableError) -> RuleField {
    var bounds: Set<UInt32> = []
    var conditions: [Condition] = []
    for condition in all {
      let new = condition.test.bounds.filter { !bounds.contains($0) }
      if bounds.count + new.count > Int(TABLE_VALUES_MAX) {
        left.insert(condition.rule)
      } else {
        bounds.formUnion(new)
        conditions.append(condition)
      }
    }
    let none = others(conditions)
    let sorted = bounds.sorted()
    // Whoever is not met by a value is taken out again below.
    var full = none
    for condition in conditions { full[condition.rule] = true }
    var rows: [UInt16] = []
    rows.reserveCapacity(sorted.count + 1)
    for start in [0] + sorted {
      var row = full
      for condition in conditions where !condition.test.isMetInTable(by: start) {
        row[condition.rule] = false
      }
      rows.append(try pool.number(of: row))
    }
    let kind = isSet ? TABLE_SET : sorted.count <= Int(TABLE_FEW_MAX) ? TABLE_FEW : TABLE_VALUE
    return RuleField(
      field: field, kind: UInt8(kind.rawValue), none: try pool.number(of: none),
      bounds: sorted, rows: rows, askers: rules(conditions))
  }

  private func set(
    _ number: UInt8, _ conditions: [Condition], _ pool: inout RowPool, _ left: inout Set<Int>
  ) throws(RuleTableError) -> RuleField {
    var field = try value(number, conditions, &pool, &left, isSet: true)
    let empty = RuleRow(words: wordCount)
    var (any, all, unsure) = (empty, empty, empty)
    for (rule, own) in Dictionary(grouping: conditions, by: \.rule) {
      // Each condition of a rule may be met by another of the numbers.
      let kinds = Set(own.map(\.members))
      if kinds == [.all] {
        all[rule] = true
      } else if kinds == [.any], own.count == 1 {
        any[rule] = true
      } else if kinds != [.first] {
        unsure[rule] = true
      }
    }
    field.members.any = try pool.number(of: any)
    field.members.all = try pool.number(of: all)
    field.members.unsure = try pool.number(of: unsure)
    return field
  }

  private func bits(
    _ field: UInt8, _ conditions: [Condition], _ pool: inout RowPool
  ) throws(RuleTableError) -> RuleField {
    let some = conditions.filter { $0.test.operation == .bitMask }
    let every = conditions.filter { $0.test.operation == .bitTest }
    var rows: [UInt16] = []
    for list in [some, every] {
      for bit in 0..<32 {
        var row = RuleRow(words: wordCount)
        for condition in list where condition.test.tableBits >> UInt32(bit) & 1 == 1 {
          row[condition.rule] = true
        }
        rows.append(row.isEmpty ? UInt16.max : try pool.number(of: row))
      }
    }
    return RuleField(
      field: field, kind: UInt8(TABLE_BITS.rawValue), none: try pool.number(of: others(some)),
      rows: rows, askers: rules(conditions))
  }

  private func names(
    _ watchCount: Int, _ pool: inout RowPool
  ) throws(RuleTableError) -> RuleField {
    RuleField(
      field: UInt8(RULE_FIELD_NAMES.rawValue), kind: UInt8(TABLE_NAMES.rawValue),
      none: try pool.number(of: others(names)), rows: try byPath(names, watchCount, &pool),
      askers: rules(names))
  }

  private func exe(
    _ watchCount: Int, _ pool: inout RowPool
  ) throws(RuleTableError) -> RuleField {
    let wanted = programs.filter(\.test.isEquality)
    let equal = try byPath(wanted, watchCount, &pool)
    let other = try byPath(programs.filter { !$0.test.isEquality }, watchCount, &pool)
    return RuleField(
      field: UInt8(RULE_FIELD_EXE.rawValue), kind: UInt8(TABLE_EXE.rawValue),
      none: try pool.number(of: others(wanted)), rows: zip(equal, other).flatMap { [$0, $1] },
      askers: rules(programs))
  }

  /// For each path the row of the rules that ask for it; UInt16.max where none does.
  private func byPath(
    _ conditions: [Condition], _ count: Int, _ pool: inout RowPool
  ) throws(RuleTableError) -> [UInt16] {
    var rows: [Int: RuleRow] = [:]
    for condition in conditions {
      rows[Int(condition.test.value), default: RuleRow(words: wordCount)][condition.rule] = true
    }
    var numbers = [UInt16](repeating: .max, count: count)
    for (path, row) in rows.sorted(by: { $0.key < $1.key }) {
      numbers[path] = try pool.number(of: row)
    }
    return numbers
  }

  private func rules(_ conditions: [Condition]) -> RuleRow {
    var row = RuleRow(words: wordCount)
    for condition in conditions { row[condition.rule] = true }
    return row
  }
}
