/// What auditctl's options on a command line make of the rules that a daemon goes by.
public struct RuleChange: Sendable {
  /// What was there, and what is to be there.
  public let ruleset: Ruleset
  /// What was odd about the options, but no reason to refuse them.
  /// - Parameter isHost: the rules are those of the host's daemon.
  public func warnings(isHost: Bool) -> [String] {
    ruleset.warnings.filter { isHost || !$0.concernsHostAlone }.map(\.reason)
  }

  /// Where a rule stands that no file has.
  public static let place = Rule.Place(file: "auditctl", line: 1)

  /// Reads the options as a rule file's line is read; a word is what it is, blanks and backslashes included.
  /// - Parameters:
  ///   - ruleset: what the daemon goes by now.
  ///   - takesNames: users and groups may be given by name, which is one of the host's.
  public init(
    _ words: [[UInt8]], to ruleset: Ruleset, takesNames: Bool
  ) throws(RuleError) {
    var changed = ruleset
    changed.warnings = []
    changed.settings.resetsLost = false
    changed.settings.resetsWaited = false
    var isTolerant = false
    let options = RuleOptions(place: Self.place, words: words, takesNames: takesNames)
    try LibauditRule.lock.withLock { _ throws(RuleError) in
      try options.apply(to: &changed, isTolerant: &isTolerant)
    }
    self.ruleset = changed
  }
}
