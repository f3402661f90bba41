@testable public import AuditRules
import CNestaudit
import CTableReader

/// A ruleset's table, read by the code that BPF runs.
public struct TableReader {
  /// What BPF would say of an event.
  public struct Answer: Equatable {
    /// It may be wanted.
    public var wants: Bool
    /// How often a line was asked for that is not there.
    public var outside: UInt32
  }

  private let table: RuleTable
  /// In whole pages.
  private let words: [UInt64]
  private let ruleset: CompiledRuleset

  /// Reads the table of a ruleset.
  public init(_ ruleset: CompiledRuleset) throws {
    self.ruleset = ruleset
    table = try RuleTable(ruleset)
    let perPage = Int(TABLE_PAGE) * RuleTable.wordsPerLine
    let rest = (perPage - table.words.count % perPage) % perPage
    words = table.words + [UInt64](repeating: 0, count: rest)
  }

  /// How many lines the table has.
  public var lineCount: Int { table.lineCount }

  /// Asks for an event, as BPF would that sees just this.
  /// - Parameters:
  ///   - watches: where the ruleset's paths are; nil if there are none.
  ///   - isTranslated: ids are asked for, as in the view of a container.
  public func ask(
    _ subject: RuleSubject, watches: UnsafePointer<WatchObject>?, isTranslated: Bool = false
  ) -> Answer {
    var event = event(subject, watches, isTranslated)
    let arch = subject.arch == AuditArch.i386 ? POLICY_ARCH_32.rawValue : POLICY_ARCH_64.rawValue
    guard subject.syscall >= 0, subject.syscall < Int32(POLICY_SYSCALLS) else {
      return Answer(wants: false, outside: 0)
    }
    let cell = arch * UInt32(POLICY_SYSCALLS) + UInt32(subject.syscall)
    let answer = says(&event, cell)
    return Answer(wants: answer.verdict == READER_WANTED, outside: answer.outside)
  }

  /// Whether BPF would keep a task out that the subject makes.
  public func keepsOut(
    _ subject: RuleSubject, watches: UnsafePointer<WatchObject>?, isTranslated: Bool = false
  ) -> (never: Bool, outside: UInt32) {
    var event = event(subject, watches, isTranslated)
    let answer = says(&event, UInt32(TABLE_CELL_TASK))
    return (answer.verdict == READER_KEPT_OUT, answer.outside)
  }

  private func says(
    _ event: inout reader_event, _ cell: UInt32
  ) -> (verdict: reader_verdict, outside: UInt32) {
    var outside: UInt32 = 0
    let verdict = words.withUnsafeBytes { bytes in
      reader_says(
        bytes.baseAddress!.assumingMemoryBound(to: table_line.self), UInt32(table.lineCount),
        &event, cell, &outside)
    }
    return (verdict, outside)
  }

  private func event(
    _ subject: RuleSubject, _ watches: UnsafePointer<WatchObject>?, _ isTranslated: Bool
  ) -> reader_event {
    var event = reader_event()
    event.is_translated = isTranslated ? 1 : 0
    fill(&event, subject)
    subject.fillSets(&event)
    let paths = ruleset.watchPaths.indices.compactMap { number in
      watches.map { (number: number, object: $0[number]) }
    }
    Hits(paths: paths, below: ruleset.watchPaths.map(\.below)).fill(&event, subject)
    return event
  }

  private func fill(_ event: inout reader_event, _ subject: RuleSubject) {
    withUnsafeMutableBytes(of: &event.value) { bytes in
      let values = bytes.bindMemory(to: UInt32.self)
      func set(_ field: rule_field, _ value: UInt32) { values[Int(field.rawValue)] = value }
      set(RULE_FIELD_PID, subject.pid)
      set(RULE_FIELD_PPID, subject.ppid)
      set(RULE_FIELD_UID, subject.uid)
      set(RULE_FIELD_EUID, subject.euid)
      set(RULE_FIELD_SUID, subject.suid)
      set(RULE_FIELD_FSUID, subject.fsuid)
      set(RULE_FIELD_AUID, subject.auid)
      set(RULE_FIELD_GID, subject.gid)
      set(RULE_FIELD_EGID, subject.egid)
      set(RULE_FIELD_SGID, subject.sgid)
      set(RULE_FIELD_FSGID, subject.fsgid)
      set(RULE_FIELD_SESSION, subject.ses)
      set(RULE_FIELD_PERS, subject.pers)
      set(RULE_FIELD_EXIT, UInt32(truncatingIfNeeded: subject.result))
      set(RULE_FIELD_SUCCESS, subject.result < 0 && subject.result >= -4095 ? 2 : 1)
      set(RULE_FIELD_A0, UInt32(truncatingIfNeeded: subject.a0))
      set(RULE_FIELD_A1, UInt32(truncatingIfNeeded: subject.a1))
      set(RULE_FIELD_A2, UInt32(truncatingIfNeeded: subject.a2))
      set(RULE_FIELD_A3, UInt32(truncatingIfNeeded: subject.a3))
      set(RULE_FIELD_SADDR_FAM, UInt32(subject.addressFamily ?? 0))
      set(
        RULE_FIELD_CONTID_BITS, UInt32(truncatingIfNeeded: subject.contids.first ?? .max))
      for comparison in FieldComparison.allCases {
        guard case .number(let right) = comparison.right(of: subject) else { continue }
        let isEqual: UInt32 = comparison.left(of: subject) == right ? 1 : 0
        values[Int(RULE_FIELD_COMPARE.rawValue + comparison.rawValue - 1)] =
          isEqual | (subject.auid == .max ? 2 : 0)
      }
    }
    let answers = answers(subject)
    withUnsafeMutableBytes(of: &event.answer) { bytes in
      for (field, answer) in answers { bytes[Int(field.rawValue)] = UInt8(answer.rawValue) }
    }
    withUnsafeMutableBytes(of: &event.value) { bytes in
      let values = bytes.bindMemory(to: UInt32.self)
      values[Int(RULE_FIELD_PERM.rawValue)] = permission(subject) ?? 0
    }
  }

  private func answers(_ subject: RuleSubject) -> [(rule_field, reader_answer)] {
    var answers: [(rule_field, reader_answer)] = []
    if !subject.hasResult {
      answers += [(RULE_FIELD_EXIT, READER_NONE), (RULE_FIELD_SUCCESS, READER_NONE)]
    }
    if subject.addressFamily == nil { answers.append((RULE_FIELD_SADDR_FAM, READER_NONE)) }
    if subject.contids.count > 1 { answers.append((RULE_FIELD_CONTID_BITS, READER_UNKNOWN)) }
    if permission(subject) == nil { answers.append((RULE_FIELD_PERM, READER_ALL)) }
    return answers
  }

  /// What an open asks for; nil where the syscall alone decides (bpf/lib/subject.h, open_perm).
  private func permission(_ subject: RuleSubject) -> UInt32? {
    let classes = SyscallClasses.arches[subject.arch == AuditArch.i386 ? 1 : 0]
    switch subject.syscall {
    case classes.open: return SyscallClasses.access(ofFlags: subject.a1)
    case classes.openat: return SyscallClasses.access(ofFlags: subject.a2)
    case classes.openat2: return SyscallClasses.access(ofFlags: subject.openFlags)
    case classes.socketcall: return subject.a0 == 2 ? SyscallClasses.write : 0
    default: return nil
    }
  }
}
