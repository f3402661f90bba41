public import CNestaudit

/// A ruleset made ready: for each arch and syscall the rules that can match it, in order.
///
/// Everything is at fixed addresses: to decide takes no allocation and no reference counting.
public final class CompiledRuleset: @unchecked Sendable {
  struct CompiledRule {
    var action: UInt32
    var tests: UnsafeBufferPointer<RuleTest>
    var key: UnsafeRawBufferPointer?
  }
  private struct Range {
    var first: Int32
    var count: Int32
  }

  /// A path that some rule asks for.
  public struct WatchPath: Sendable, Equatable {
    /// As the rule has it, absolute.
    public let path: String
    /// The rule asks for what is below it too.
    public let below: Bool
  }

  /// For each arch a bit for each syscall that some rule names.
  public let gate: [[UInt64]]
  /// The paths that rules ask for; their places are those of the `watches` of `decide`.
  public let watchPaths: [WatchPath]

  private let source: Ruleset
  private let rules: UnsafeMutableBufferPointer<CompiledRule>
  private let index: UnsafeMutableBufferPointer<Range>
  private let order: UnsafeMutableBufferPointer<Int32>
  private static let syscalls = Int(POLICY_SYSCALLS)

  /// Compiles a ruleset.
  public init(_ ruleset: Ruleset) {
    source = ruleset
    var watchPaths: [WatchPath] = []
    rules = .allocate(capacity: ruleset.rules.count)
    for (number, rule) in ruleset.rules.enumerated() {
      let tests = rule.conditions.map { RuleTest($0, watchPaths: &watchPaths) }
      let memory = UnsafeMutableBufferPointer<RuleTest>.allocate(capacity: tests.count)
      _ = memory.initialize(from: tests)
      var key: UnsafeRawBufferPointer?
      if let bytes = rule.key {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        key = UnsafeRawBufferPointer(copy)
      }
      (rules.baseAddress! + number).initialize(
        to: CompiledRule(action: rule.action, tests: UnsafeBufferPointer(memory), key: key))
    }
    self.watchPaths = watchPaths

    var order: [Int32] = []
    var gate: [[UInt64]] = []
    index = .allocate(capacity: Int(POLICY_ARCHES) * Self.syscalls)
    for arch in 0..<Int(POLICY_ARCHES) {
      let candidates = ruleset.rules.enumerated().filter { $0.element.mayMatch(arch: arch) }
      var bits = [UInt64](repeating: 0, count: Self.syscalls / 64)
      for syscall in 0..<Self.syscalls {
        let first = order.count
        for (number, rule) in candidates where rule.mayMatch(arch: arch, syscall: syscall) {
          order.append(Int32(number))
        }
        index[arch * Self.syscalls + syscall] = Range(
          first: Int32(first), count: Int32(order.count - first))
        if order.count > first { bits[syscall / 64] |= 1 << UInt64(syscall % 64) }
      }
      gate.append(bits)
    }
    self.gate = gate
    self.order = .allocate(capacity: order.count)
    _ = self.order.initialize(from: order)
  }

  deinit {
    for rule in rules {
      for test in rule.tests { test.free() }
      rule.tests.deallocate()
      rule.key?.deallocate()
    }
    rules.deallocate()
    index.deallocate()
    order.deallocate()
  }

  /// What the rules say of an event: the first that matches decides.
  /// - Parameter watches: where `watchPaths` are in the event's container; nil if there are none.
  public func decide(
    _ subject: borrowing RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> RuleVerdict {
    let arch = subject.arch == AuditArch.i386 ? POLICY_ARCH_32 : POLICY_ARCH_64
    guard subject.syscall >= 0, Int(subject.syscall) < Self.syscalls else { return .noMatch }
    let range = index[Int(arch.rawValue) * Self.syscalls + Int(subject.syscall)]
    for place in Int(range.first)..<Int(range.first + range.count) {
      let number = Int(order[place])
      let rule = rules[number]
      var met = true
      for test in rule.tests where !test.isMet(by: subject, watches: watches) {
        met = false
        break
      }
      if met { return rule.action == RULE_ALWAYS.rawValue ? .always(rule: number) : .never }
    }
    return .noMatch
  }

  /// The key of a rule; the bytes live as long as the ruleset.
  public func key(of rule: Int) -> UnsafeRawBufferPointer? { rules[rule].key }

  /// The rules for one arch and syscall, or for several with the same ones.
  public struct Table {
    /// The syscalls whose rules these are.
    public let keys: [(arch: UInt16, syscall: UInt16)]
    /// In the order in which they are tried.
    public let rules: [policy_rule]
  }

  /// The pre-filter for BPF.
  /// - Parameter translatesIDs: the daemon's view has other ids than the kernel: conditions on them are left to
  ///   `decide`.
  public func tables(translatesIDs: Bool) -> [Table] {
    let forKernel = source.rules.map { $0.kernelRule(translatesIDs: translatesIDs) }
    var keys: [[Int32]: [(arch: UInt16, syscall: UInt16)]] = [:]
    for (place, range) in index.enumerated() where range.count > 0 {
      let list = Array(order[Int(range.first)..<Int(range.first + range.count)])
      keys[list, default: []].append(
        (UInt16(place / Self.syscalls), UInt16(place % Self.syscalls)))
    }
    return keys.map { list, keys in Table(keys: keys, rules: list.map { forKernel[Int($0)] }) }
  }
}

/// The architectures of include/uapi/linux/audit.h that x86-64 runs.
enum AuditArch {
  static let x86_64: UInt32 = 0xc000_003e
  static let i386: UInt32 = 0x4000_0003
  static let all = [x86_64, i386]
}

extension Rule {
  /// Whether the rule's conditions on the arch allow POLICY_ARCH_64 or POLICY_ARCH_32.
  func mayMatch(arch: Int) -> Bool {
    conditions.allSatisfy { condition in
      guard case .arch(let operation, let value) = condition else { return true }
      return (AuditArch.all[arch] == value) == (operation == RULE_EQUAL.rawValue)
    }
  }

  /// Whether the rule names a syscall, and its permissions can mean it.
  func mayMatch(arch: Int, syscall: Int) -> Bool {
    guard names(syscall) else { return false }
    return conditions.allSatisfy { condition in
      guard case .permission(let mask) = condition else { return true }
      return PermissionClasses.arches[arch].mayMatch(mask, syscall)
    }
  }

  /// The rule as far as BPF can judge it; what it cannot makes it residual.
  func kernelRule(translatesIDs: Bool) -> policy_rule {
    var rule = policy_rule()
    rule.action = UInt8(action)
    withUnsafeMutableBytes(of: &rule.test) { bytes in
      let tests = bytes.bindMemory(to: rule_field_test.self)
      for condition in conditions {
        switch condition {
        case .arch: continue
        case .number(let field, let operation, let value)
        where !Self.isLeft(field, translatesIDs) && Int(rule.fields) < tests.count:
          tests[Int(rule.fields)] = rule_field_test(
            field: UInt8(field), operation: UInt8(operation), pad: 0, value: value)
          rule.fields += 1
        case .permission(let mask) where Int(rule.fields) < tests.count:
          tests[Int(rule.fields)] = rule_field_test(
            field: UInt8(RULE_FIELD_PERM.rawValue), operation: UInt8(RULE_BIT_MASK.rawValue),
            pad: 0, value: mask)
          rule.fields += 1
        default: rule.residual = 1
        }
      }
    }
    return rule
  }

  /// Supplementary groups, and ids that the view translates, are left to the collector.
  private static func isLeft(_ field: UInt32, _ translatesIDs: Bool) -> Bool {
    if field == RULE_FIELD_GID.rawValue || field == RULE_FIELD_EGID.rawValue { return true }
    return translatesIDs && field <= RULE_FIELD_AUID.rawValue
  }
}
