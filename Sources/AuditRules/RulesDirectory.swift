import CLibAudit

/// Several rule files as one, put together as augenrules(8) does: blank lines and comments go, and of `-D`, `-b`
/// and `-f` the last is first, of `-e` the last is last.
public enum RulesDirectory {
  /// - Parameter files: in their order, each with its name and text.
  public static func join(_ files: [(name: String, text: String)]) -> [RuleText] {
    var deleteAll: RuleText?
    var backlog: RuleText?
    var failure: RuleText?
    var enabled: RuleText?
    var rest: [RuleText] = []
    for file in files {
      for (index, text) in RuleText.lines(of: file.text).enumerated() {
        let line = RuleText(text: text, place: .init(file: file.name, line: index + 1))
        let start = text.drop(while: \.isWhitespace)
        if text.isEmpty || start.hasPrefix("#") {
          continue
        } else if start.hasPrefix("-e") {
          enabled = line
        } else if start.hasPrefix("-D"), start.dropFirst(2).allSatisfy(\.isWhitespace) {
          deleteAll = line
        } else if start.hasPrefix("-f") {
          failure = line
        } else if start.hasPrefix("-b") {
          backlog = line
        } else {
          rest.append(line)
        }
      }
    }
    return [deleteAll, backlog, failure].compactMap(\.self) + rest
      + [enabled].compactMap(\.self)
  }

  /// In the order of ls -v, which augenrules goes by: runs of digits by their number.
  public static func sorted(_ names: [String]) -> [String] {
    names.sorted { nestaudit_version_order($0, $1) < 0 }
  }
}
