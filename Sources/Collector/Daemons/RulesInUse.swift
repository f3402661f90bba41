internal import AuditRules

/// The rules that a daemon goes by, as every event asks them: without reference counting.
///
/// Whoever makes it keeps the ruleset as long.
struct RulesInUse {
  private let compiled: Unmanaged<CompiledRuleset>
  /// The same for all that the kernel has the same table of.
  let content: ObjectIdentifier

  init(of ruleset: LoadedRuleset) {
    compiled = .passUnretained(ruleset.compiled)
    content = ObjectIdentifier(ruleset.content)
  }

  /// Lends them, made ready.
  @inline(__always)
  func with<Result>(_ body: (CompiledRuleset) -> Result) -> Result {
    compiled._withUnsafeGuaranteedRef(body)
  }
}
