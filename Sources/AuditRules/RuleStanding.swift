import CLibAudit
import CNestaudit

/// What becomes of a rule where a daemon stands: whether it can do what it says, and where it is decided.
public struct RuleStanding: Sendable, Equatable {
  /// In a word, for people and for scripts.
  public enum Kind: String, Sendable, CaseIterable {
    /// It matches as it would in the kernel's audit.
    case active
    /// It matches less than it would there.
    case degraded
    /// Nothing that can happen meets its conditions.
    case never = "can-never-match"
    /// An earlier rule matches whatever it would.
    case shadowed
  }

  /// What it is.
  public let kind: Kind
  /// Where it is decided, or why it is not.
  public let reason: String

  /// How many rules there are of each kind: "12 rules: 11 active, 1 shadowed".
  public static func summary(_ kinds: [Kind]) -> String {
    let counts = Kind.allCases.compactMap { kind in
      let count = kinds.count { $0 == kind }
      return count == 0 ? nil : "\(count) \(kind.rawValue)"
    }
    let rules = kinds.count == 1 ? "1 rule" : "\(kinds.count) rules"
    return rules + (counts.isEmpty ? "" : ": " + counts.joined(separator: ", "))
  }

  /// A standing with its reason.
  public init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }
}

/// What is around a daemon's rules, as far as it decides about them.
public struct RuleSurroundings: Sendable {
  /// What is at a path of a rule.
  public enum Place: Sendable {
    case something
    /// Nothing, but the directory it would be in is there.
    case nothing
    case noDirectory
  }

  /// Whether every task has an unset auid; nil if that is not known.
  public var isAUIDUnset: Bool?
  /// The backend is hooks: files are known that a syscall reaches by a name alone.
  public var knowsNamedFiles: Bool
  /// Looks a path up in the daemon's container; nil if there is no container to look in.
  public var place: @Sendable (String) -> Place?

  /// Surroundings of which nothing is known.
  public static let unknown = RuleSurroundings(
    isAUIDUnset: nil, knowsNamedFiles: false, place: { _ in nil })

  /// Surroundings of a daemon.
  public init(
    isAUIDUnset: Bool?, knowsNamedFiles: Bool, place: @escaping @Sendable (String) -> Place?
  ) {
    self.isAUIDUnset = isAUIDUnset
    self.knowsNamedFiles = knowsNamedFiles
    self.place = place
  }
}

extension CompiledRuleset {
  /// The standing of every rule, in their order.
  public func standings(in surroundings: RuleSurroundings) -> [RuleStanding] {
    source.indices.map { standing(of: $0, in: surroundings) }
  }

  private func standing(of number: Int, in surroundings: RuleSurroundings) -> RuleStanding {
    let rule = source[number]
    let tests = Array(tests(of: number))
    if let reason = whyNever(rule, tests, surroundings) { return RuleStanding(.never, reason) }
    if let earlier = source[..<number].first(where: { $0.takesAll(of: rule) }) {
      return RuleStanding(
        .shadowed, "the rule at \(earlier.place.text) matches whatever this one would")
    }
    switch rule.list {
    case .user:
      return RuleStanding(.active, "decided by the collector for each message")
    case .ioUring:
      if !surroundings.knowsNamedFiles, tests.contains(where: \.asksFiles) {
        return RuleStanding(
          .degraded, "of requests such as unlinkat and of failed opens only the name is known")
      }
      return RuleStanding(.active, "decided by the collector for each request")
    case .task:
      let isWhole = rule.action == .never && tests.allSatisfy(\.isAboutTask)
      return RuleStanding(
        .active, "decided \(isWhole ? "in the kernel" : "by the collector") when a task is made")
    case .exclude: return RuleStanding(.active, "decided by the collector for each record")
    case .filesystem: return RuleStanding(.active, "decided by the collector for each name")
    case .exit: break
    }
    if let reason = rule.whyDegraded(tests, surroundings) { return RuleStanding(.degraded, reason) }
    guard let first = tests.first(where: { !$0.isDecidedInKernel }) else {
      return RuleStanding(.active, "decided in the kernel")
    }
    return RuleStanding(.active, "finished by the collector: \(first.whyLeft)")
  }

  private func whyNever(
    _ rule: Rule, _ tests: [RuleTest], _ surroundings: RuleSurroundings
  ) -> String? {
    if rule.list == .filesystem, rule.action == .always {
      return "on list filesystem only 'never' does anything"
    }
    if [.exclude, .user].contains(rule.list), rule.fields.isEmpty {
      return "on list \(rule.list.name) a rule without a condition matches nothing"
    }
    if rule.list == .user, let unknown = rule.fields.first(where: { !$0.isKnownToUserList }) {
      return
        "on list user the kernel does not ask \(AuditField.name(unknown.type)), and then looks at no later rule"
    }
    for field in rule.fields where AuditField.isLabel(field.type) {
      return "\(AuditField.name(field.type)): no security module with labels is asked"
    }
    for test in tests where test.isImpossible {
      return "no number is below 0: numbers are compared without a sign"
    }
    for (index, one) in tests.enumerated() where one.kind == .number || one.kind == .auid {
      let other = tests[..<index].first {
        $0.kind == one.kind && $0.field == one.field && $0.isEquality && one.isEquality
          && $0.value != one.value && !one.unsetMatches
      }
      if other != nil { return "two of its conditions want different values of one field" }
    }
    if rule.list == .ioUring, !rule.namesAudited {
      return "io_uring's audit leaves out all of its operations"
    }
    if rule.list == .exit, !rule.namesSomething {
      return "none of its syscalls goes with its arch and its permissions"
    }
    if surroundings.isAUIDUnset == true, tests.contains(where: \.isUnmetByUnsetAUID) {
      return
        "the tasks here have no auid; 'auid = unset-matches' in scope.conf would let them match"
    }
    for test in tests {
      guard [.path, .directory, .watch, .executable].contains(test.kind), test.isEquality else {
        continue
      }
      let path = watchPaths[Int(test.value)].path
      if surroundings.place(path) == .noDirectory {
        return "\(path): there is no directory that it could be in"
      }
    }
    return nil
  }
}

extension Rule {
  /// Whether some syscall of some arch is meant.
  fileprivate var namesSomething: Bool {
    (0..<Int(POLICY_ARCHES)).contains { arch in
      mayMatch(arch: arch)
        && (0..<Int(POLICY_SYSCALLS)).contains { mayMatch(arch: arch, syscall: $0) }
    }
  }

  /// Whether the audit hears of some operation of io_uring that is meant.
  fileprivate var namesAudited: Bool {
    (0..<Int(POLICY_OPERATIONS)).contains { names($0) && RingOperation($0).isAudited }
  }

  /// Whether this rule matches everything that `later` does: its syscalls are among these, and all conditions of
  /// this one are conditions of that one too.
  fileprivate func takesAll(of later: Rule) -> Bool {
    guard list == later.list, [.exit, .task, .ioUring].contains(list) else { return false }
    // A watch means a directory or a file by what there is, a rule on a path or a directory only that.
    guard isWatch == later.isWatch || !fields.contains(where: \.isPlace) else { return false }
    guard zip(syscalls, later.syscalls).allSatisfy({ $1 & ~$0 == 0 }) else { return false }
    return fields.allSatisfy { field in
      field.type == AuditField.key || later.fields.contains(field)
    }
  }

  /// What cannot be seen because objects are not known.
  fileprivate func whyDegraded(
    _ tests: [RuleTest], _ surroundings: RuleSurroundings
  ) -> String? {
    let asksObjects = tests.contains(where: \.asksNumbersOfFiles)
    let asksPaths = tests.contains(where: \.asksPlaces)
    guard asksObjects || asksPaths else { return nil }
    let byName = (0..<Int(POLICY_ARCHES)).contains { arch in
      mayMatch(arch: arch)
        && SyscallClasses.byName[arch].contains { mayMatch(arch: arch, syscall: $0) }
    }
    guard byName else { return nil }
    if surroundings.knowsNamedFiles {
      return asksObjects ? "of calls that fail the object is often not known" : nil
    }
    return asksObjects
      ? "of syscalls such as unlink, rename and chmod the object is not known, nor of failed opens"
      : "of syscalls such as unlink, rename and chmod only the name is known: through another link or mount they are not seen"
  }
}

extension Rule.Field {
  fileprivate var isPlace: Bool { type == AuditField.path || type == AuditField.directory }
}

extension RuleTest {
  var isEquality: Bool { operation == .equal }

  var asksObjects: Bool {
    FieldComparison(rawValue: field).map { $0.names.1.hasPrefix("obj_") } ?? false
  }

  fileprivate var asksPlaces: Bool { [.path, .directory, .watch].contains(kind) }

  fileprivate var asksNumbersOfFiles: Bool {
    [.inode, .deviceMajor, .deviceMinor, .owner, .ownerGroup, .fileType].contains(kind)
      || kind == .comparison && asksObjects
  }

  fileprivate var asksFiles: Bool { asksPlaces || asksNumbersOfFiles }

  fileprivate var isImpossible: Bool {
    switch kind {
    case .number where field == RULE_FIELD_SUCCESS.rawValue, .auid where unsetMatches: false
    case .number, .group, .auid, .deviceMajor, .deviceMinor, .owner, .ownerGroup, .addressFamily:
      operation == .less && value == 0
        || operation == .greater && value == .max
        || operation == .bitMask && value == 0
    default: false
    }
  }

  fileprivate var isUnmetByUnsetAUID: Bool {
    kind == .auid && !unsetMatches && !compare(.max)
  }

  fileprivate var whyLeft: String {
    switch kind {
    case .comparison: "the owner of an object is compared"
    case .contid: "a contid of more than 32 bits"
    default: "the objects"
    }
  }
}
