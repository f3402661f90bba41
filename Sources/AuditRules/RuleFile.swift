import CNestaudit

/// A file of audit.rules(7): auditctl's options, a line each.
public enum RuleFile {
  /// Reads a whole file; nothing of it counts if a line is wrong, unless `-i` or `-c` went before.
  public static func parse(_ text: String, file: String) throws(RuleError) -> Ruleset {
    var ruleset = Ruleset()
    try append(text, file: file, to: &ruleset)
    return ruleset
  }

  /// Reads a file as if it stood behind those that made `ruleset`.
  public static func append(
    _ text: String, file: String, to ruleset: inout Ruleset
  ) throws(RuleError) {
    var tolerant = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let line = RuleLine(file: file, number: index + 1, words: words)
      do {
        try line.apply(to: &ruleset, tolerant: &tolerant)
      } catch {
        if !tolerant { throw error }
      }
    }
  }
}

/// One line: an option that sets something, or a rule.
struct RuleLine {
  let file: String
  let number: Int
  let words: [String]

  func failure(_ reason: String) -> RuleError {
    RuleError(file: file, line: number, reason: reason)
  }

  func apply(to ruleset: inout Ruleset, tolerant: inout Bool) throws(RuleError) {
    switch words[0] {
    case "-D":
      try alone()
      ruleset.rules.removeAll()
    case "-i", "-c":
      try alone()
      tolerant = true
    case "-b": ruleset.settings.backlogLimit = try value(0...Int(Int32.max))
    case "-r": ruleset.settings.rateLimit = try value(0...Int(Int32.max))
    case "-e": ruleset.settings.enabled = try value(0...2)
    case "-f":
      let mode = try value(0...2)
      if mode == 2 {
        throw failure("failure mode 2 (panic) is not supported yet; use 0 (silent) or 1 (say it)")
      }
      ruleset.settings.failure = mode
    case "-a": try RuleBuilder(line: self).appendRule(to: &ruleset, first: false)
    case "-A": try RuleBuilder(line: self).appendRule(to: &ruleset, first: true)
    case "-w": try RuleBuilder(line: self).appendWatch(to: &ruleset)
    case let option where option.hasPrefix("-"): throw failure(Self.refusal(option))
    default: throw failure("'\(words[0])' is not an option; a line begins with -a, -w, -b, …")
    }
  }

  /// What auditctl knows and we do not yet is told apart from what nobody knows.
  static func refusal(_ option: String) -> String {
    let known = [
      "-d", "-W", "-C", "-m", "-q", "-t", "-R", "-l", "-s", "-v", "-F", "-S", "-k", "-p",
      "--backlog_wait_time", "--loginuid-immutable", "--reset-lost",
      "--reset_backlog_wait_time_actual", "--signal",
    ]
    switch option {
    case "-F", "-S", "-k", "-p": return "\(option) needs -a, -A or -w before it on the line"
    case let option where known.contains(option): return "\(option) is not supported yet"
    default: return "\(option) is no option of auditctl"
    }
  }

  private func alone() throws(RuleError) {
    if words.count > 1 { throw failure("\(words[0]) takes no value, but '\(words[1])' follows") }
  }

  private func value(_ range: ClosedRange<Int>) throws(RuleError) -> Int {
    guard words.count == 2 else { throw failure("\(words[0]) takes one number") }
    guard let number = Int(words[1]), range.contains(number) else {
      throw failure(
        "\(words[0]) takes a number from \(range.lowerBound) to \(range.upperBound), not '\(words[1])'"
      )
    }
    return number
  }
}
