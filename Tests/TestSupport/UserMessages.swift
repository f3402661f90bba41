public import Foundation

/// What programs have had written into a log.
public enum UserMessages {
  /// How many the workload's part `messages` may have written; where its terminal is audited `typed` more.
  public static let written = 106
  /// What was typed.
  public static let typed = 4

  /// The messages of a login uid, in the log's order: type and text. What auditd writes as it is and may not be in a log of
  /// ours, control characters, is a space.
  public static func told(in log: URL, auid: UInt32) throws -> [String] {
    let lines = try Data(contentsOf: log).split(separator: UInt8(ascii: "\n"))
    return lines.compactMap { line in
      let text = String(decoding: line.map { $0 < 0x20 || $0 == 0x7f ? 0x20 : $0 }, as: UTF8.self)
      guard text.contains(" auid=\(auid) "), text.contains(" msg='") || text.contains(" data="),
        let type = text.firstRange(of: " msg=audit("), let start = text.firstRange(of: "): ")
      else { return nil }
      return text[..<type.lowerBound].dropFirst("type=".count) + ": " + text[start.upperBound...]
    }
  }

  /// The same without the numbers of the sender, which are other ones in another view.
  public static func texts(_ messages: [String]) -> [String] {
    messages.map { $0.replacing(/\ pid=\d+ uid=\d+ auid=\d+\ /, with: " ") }
  }
}
