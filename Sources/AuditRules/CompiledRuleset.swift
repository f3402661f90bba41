import CNestaudit

/// A ruleset made ready: for each arch and syscall the rules that can match it, in order.
///
/// Everything is at fixed addresses: to decide takes no allocation and no reference counting.
public final class CompiledRuleset: @unchecked Sendable {
  /// How a rule is found: kernel/auditfilter.c, audit_add_rule.
  enum Found: UInt8 {
    /// On the list.
    case listed
    /// By the inode of a name: `path`, and `inode` with =.
    case hashed
    /// By the inode if the watch is on a file, on the list if it is on a directory.
    case watched
  }
  struct CompiledRule {
    var isAlways: Bool
    var found: Found
    /// Of a watch.
    var watch: UInt32
    var tests: UnsafeBufferPointer<RuleTest>
    var key: UnsafeRawBufferPointer?
  }
  private struct Range {
    var first: Int32
    var count: Int32
    var hasHashed: Bool
    var usesNames: Bool
  }

  /// For each arch a bit for each syscall that some rule names.
  public let gate: [[UInt64]]
  /// A bit for each operation of io_uring that has to be told: some rule names it, or the syscall in which a request
  /// may be run.
  public let operations: [UInt64]
  /// The paths that rules ask for; their places are those of the `watches` of `decide`.
  public let watchPaths: [WatchPath]
  /// Whether the task list has rules.
  public let hasTaskRules: Bool
  /// Whether names on some filesystems are left out.
  public let hasFilesystemRules: Bool
  /// Whether some records are left out.
  public let hasExcludeRules: Bool
  /// Whether there are rules of the kind that the kernel counts (kernel/auditfilter.c, audit_n_rules): without one it
  /// gathers nothing for a syscall.
  public let hasCountedRules: Bool

  /// enum policy_need: what BPF has to gather for these rules.
  public let needs: UInt32

  /// What was compiled.
  public var rules: [Rule] { source }

  let source: [Rule]
  let compiled: UnsafeMutableBufferPointer<CompiledRule>
  private let index: UnsafeMutableBufferPointer<Range>
  private let order: UnsafeMutableBufferPointer<Int32>
  /// The rules of the list task, by their place in the ruleset.
  let taskRules: [Int]
  let filesystemRules: [Int]
  let excludeRules: [Int]
  let ringRules: [Int]
  let userRules: [Int]
  private static let syscalls = Int(POLICY_SYSCALLS)

  /// Compiles a ruleset.
  public init(_ ruleset: Ruleset, options: RuleOptionsOfScope = .init()) {
    let source = ruleset.rules
    self.source = source
    var compiler = RuleCompiler(options: options)
    let rules = UnsafeMutableBufferPointer<CompiledRule>.allocate(capacity: source.count)
    self.compiled = rules
    for (number, rule) in source.enumerated() {
      let tests = compiler.tests(of: rule)
      let memory = UnsafeMutableBufferPointer<RuleTest>.allocate(capacity: tests.count)
      _ = memory.initialize(from: tests)
      var key: UnsafeRawBufferPointer?
      if let bytes = rule.key {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        key = UnsafeRawBufferPointer(copy)
      }
      let watch = tests.first { $0.kind == .watch }
      let isHashed = tests.contains {
        $0.kind == .path || $0.kind == .inode && $0.operation == .equal
      }
      (rules.baseAddress! + number).initialize(
        to: CompiledRule(
          isAlways: rule.action == .always,
          found: watch != nil ? .watched : isHashed ? .hashed : .listed,
          watch: watch?.value ?? 0, tests: UnsafeBufferPointer(memory), key: key))
    }
    watchPaths = compiler.watches
    func numbers(_ list: RuleList) -> [Int] { source.indices.filter { source[$0].list == list } }
    taskRules = numbers(.task)
    filesystemRules = numbers(.filesystem).filter { source[$0].action == .never }
    excludeRules = numbers(.exclude)
    exitRules = numbers(.exit)
    ringRules = numbers(.ioUring)
    userRules = numbers(.user)
    hasTaskRules = !taskRules.isEmpty
    hasFilesystemRules = !filesystemRules.isEmpty
    hasExcludeRules = !excludeRules.isEmpty
    hasCountedRules = source.contains { [.exit, .task, .ioUring].contains($0.list) }

    var order: [Int32] = []
    var gate: [[UInt64]] = []
    // A task that the task list wants has every syscall recorded.
    let forcesAll = taskRules.contains { source[$0].action == .always }
    index = .allocate(capacity: Int(POLICY_ARCHES) * Self.syscalls)
    for arch in 0..<Int(POLICY_ARCHES) {
      let candidates = numbers(.exit).filter { source[$0].mayMatch(arch: arch) }
      var bits = [UInt64](repeating: 0, count: Self.syscalls / 64)
      for syscall in 0..<Self.syscalls {
        let first = order.count
        for number in candidates where source[number].mayMatch(arch: arch, syscall: syscall) {
          order.append(Int32(number))
        }
        let chosen = order[first...].map { rules[Int($0)] }
        index[arch * Self.syscalls + syscall] = Range(
          first: Int32(first), count: Int32(chosen.count),
          hasHashed: chosen.contains { $0.found != .listed },
          usesNames: chosen.contains { $0.tests.contains(where: \.usesNames) })
        // A request that is told brings the end of its syscall along: it has to be seen.
        let bringsAlong = syscall == Self.enterRing && !ringRules.isEmpty
        if forcesAll || !chosen.isEmpty || bringsAlong {
          bits[syscall / 64] |= 1 << UInt64(syscall % 64)
        }
      }
      gate.append(bits)
    }
    self.gate = gate
    isForcing = forcesAll
    operations = Self.operations(
      of: ringRules.map { source[$0] },
      all: forcesAll || exitRules.contains { source[$0].names(Self.enterRing) })
    var needs = hasTaskRules ? NEED_FORKS.rawValue : 0
    for rule in rules {
      for test in rule.tests {
        switch test.kind {
        case .path: needs |= NEED_CHAINS.rawValue
        case .directory, .watch: needs |= NEED_CHAINS.rawValue | NEED_BELOW.rawValue
        case .executable: needs |= NEED_EXE.rawValue
        default: break
        }
      }
    }
    self.needs = needs
    self.order = .allocate(capacity: order.count)
    _ = self.order.initialize(from: order)
  }

  /// Some task may have every syscall recorded, whatever the exit list says.
  let isForcing: Bool

  /// The rules of the list exit, by their place in the ruleset.
  let exitRules: [Int]

  /// Those of them that can match a syscall, in their order.
  func exitRules(arch: Int, syscall: Int) -> [Int] {
    let range = index[arch * Self.syscalls + syscall]
    return order[Int(range.first)..<Int(range.first + range.count)].map(Int.init)
  }

  /// Those that BPF knows, by their place in the ruleset.
  var tableRules: [Int] { (exitRules + taskRules).sorted() }

  /// Whether a rule may be found by the object of a name, and not by its place on the list.
  func isFoundByName(_ rule: Int) -> Bool { compiled[rule].found != .listed }

  deinit {
    for rule in compiled {
      for test in rule.tests { test.free() }
      rule.tests.deallocate()
      rule.key?.deallocate()
    }
    compiled.deallocate()
    index.deallocate()
    order.deallocate()
  }

  private func range(_ arch: UInt32, _ syscall: Int32) -> Range? {
    guard syscall >= 0, Int(syscall) < Self.syscalls else { return nil }
    let arch = arch == AuditArch.i386 ? POLICY_ARCH_32 : POLICY_ARCH_64
    return index[Int(arch.rawValue) * Self.syscalls + Int(syscall)]
  }

  /// Whether the rules for a syscall ask for its names.
  public func usesNames(arch: UInt32, syscall: Int32) -> Bool {
    hasFilesystemRules || range(arch, syscall)?.usesNames ?? false
  }

  // MARK: The exit list

  /// What the rules say of an event (kernel/auditsc.c, audit_filter_syscall, then audit_filter_inodes): the
  /// first on the list that matches; a rule found by a name's inode only if it stands before that one.
  /// - Parameter watches: where `watchPaths` are in the daemon's container; nil if there are none.
  public func decide(
    _ subject: RuleSubject, watches: UnsafePointer<WatchObject>?
  ) -> RuleVerdict {
    guard let range = range(subject.arch, subject.syscall) else { return .noMatch }
    let chosen = UnsafeBufferPointer(
      rebasing: order[Int(range.first)..<Int(range.first + range.count)])
    var matched = -1
    for place in chosen {
      let rule = compiled[Int(place)]
      if rule.found != .listed, isHashed(rule, watches) { continue }
      if isMet(rule, subject, watches, nil) {
        matched = Int(place)
        break
      }
    }
    // A key stays from the match before, if the rule that overrides it has none.
    var key = matched >= 0 && compiled[matched].key != nil ? matched : -1
    if range.hasHashed {
      let hashed = firstHashed(chosen, before: matched, subject, watches)
      if hashed >= 0 {
        matched = hashed
        if compiled[hashed].key != nil { key = hashed }
      }
    }
    if matched < 0 { return .noMatch }
    return compiled[matched].isAlways ? .always(rule: matched, key: key) : .never
  }

  /// The first name that a rule is found by decides, not the first rule.
  private func firstHashed(
    _ chosen: UnsafeBufferPointer<Int32>, before limit: Int, _ subject: RuleSubject,
    _ watches: UnsafePointer<WatchObject>?
  ) -> Int {
    for name in 0..<subject.names.count {
      for place in chosen {
        if limit >= 0, Int(place) >= limit { break }
        let rule = compiled[Int(place)]
        if rule.found == .listed || !isHashed(rule, watches) { continue }
        if isMet(rule, subject, watches, name) { return Int(place) }
      }
    }
    return -1
  }

  @inline(__always)
  func isHashed(_ rule: CompiledRule, _ watches: UnsafePointer<WatchObject>?) -> Bool {
    switch rule.found {
    case .listed: false
    case .hashed: true
    case .watched: !(watches?[Int(rule.watch)].isDirectory ?? false)
    }
  }

  @inline(__always)
  func isMet(
    _ rule: CompiledRule, _ subject: RuleSubject,
    _ watches: UnsafePointer<WatchObject>?, _ name: Int?
  ) -> Bool {
    for test in rule.tests where !test.isMet(by: subject, watches: watches, name: name) {
      return false
    }
    return true
  }

  func tests(of rule: Int) -> UnsafeBufferPointer<RuleTest> { compiled[rule].tests }

  /// The key of a rule; the bytes live as long as the ruleset.
  public func key(of rule: Int) -> UnsafeRawBufferPointer? { compiled[rule].key }
}

/// The architectures of include/uapi/linux/audit.h that x86-64 runs.
enum AuditArch {
  static let x86_64: UInt32 = 0xc000_003e
  static let i386: UInt32 = 0x4000_0003
  static let all = [x86_64, i386]
}
