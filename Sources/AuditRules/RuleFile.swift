import CLibAudit

/// A file of audit.rules(7): auditctl's options, a line each.
public enum RuleFile {
  /// auditctl.c, LINE_SIZE: a longer line is read as several.
  private static let longestLine = 6143

  /// Has libaudit ask the kernel what it can do, and remember it: later the privilege to ask may be gone, and
  /// fields such as exe would be refused. To be called before there are other threads.
  public static func learnKernelFeatures() {
    _ = audit_get_features()
    LibauditRule.learnWording()
  }

  /// Reads a whole file; nothing of it counts if a line is wrong, unless `-i` or `-c` went before.
  public static func parse(_ text: String, file: String) throws(RuleError) -> Ruleset {
    try parse(
      RuleText.lines(of: text).enumerated().map {
        RuleText(text: $1, place: .init(file: file, line: $0 + 1))
      })
  }

  /// Reads lines of one or several files, as one.
  public static func parse(_ lines: [RuleText]) throws(RuleError) -> Ruleset {
    var ruleset = Ruleset()
    var isTolerant = false
    for line in lines {
      var rest = Array(line.text.utf8)[...]
      repeat {
        let part = rest.prefix(longestLine)
        rest = rest.dropFirst(longestLine)
        let words = RuleText.words(Array(part))
        guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
        do {
          let options = RuleOptions(place: line.place, words: words)
          try LibauditRule.lock.withLock { _ throws(RuleError) in
            try options.apply(to: &ruleset, isTolerant: &isTolerant)
          }
        } catch {
          guard isTolerant else { throw error }
          ruleset.warnings.append(
            RuleError(file: error.file, line: error.line, reason: "ignored: \(error.reason)"))
        }
      } while !rest.isEmpty
    }
    return ruleset
  }
}

/// One line, and where it stands.
public struct RuleText: Sendable, Equatable {
  /// Without its newline.
  public var text: String
  /// Where it stands.
  public var place: Rule.Place

  /// A line that stands at a place.
  public init(text: String, place: Rule.Place) {
    self.text = text
    self.place = place
  }

  /// The lines of a text. A carriage return stays, as it does with auditctl; with the newline behind it, Swift would
  /// take it for one character.
  static func lines(of text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The words of a line: with blanks between, and `\ ` and `\\` for a blank and a backslash in a word
  /// (auditctl.c: preprocess, postprocess; strsplit.c).
  static func words(_ line: [UInt8]) -> [[UInt8]] {
    let blank = UInt8(ascii: " ")
    let backslash = UInt8(ascii: "\\")
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    var index = 0
    while index < line.count, line[index] != 0 {
      let next = index + 1 < line.count ? line[index + 1] : 0
      if line[index] == backslash, next == blank || next == backslash {
        word.append(next)
        index += 2
        continue
      }
      if line[index] == blank {
        if !word.isEmpty { words.append(word) }
        word = []
      } else {
        word.append(line[index])
      }
      index += 1
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
