/// A name as a directory, a line of a log and a terminal can have it.
///
/// Names come from runtimes, and those from whoever may be in a container: nothing of one may leave a directory, hide in it, pass
/// for a log of ours, or end a line.
public enum SafeName {
  /// The longest name of a container.
  public static let limit = 64

  /// Letters of ASCII, digits, `.`, `_` and `-`; 1 to `limit` of them, no dot in front, not like a log's name.
  public static func make(_ text: some StringProtocol, limit: Int = SafeName.limit) -> String {
    var bytes = text.utf8.prefix(limit).map { isPlain($0) ? $0 : underscore }
    if bytes.isEmpty { bytes = [underscore] }
    if bytes[0] == UInt8(ascii: ".") { bytes[0] = underscore }
    if bytes.starts(with: "audit.log".utf8) { bytes.insert(underscore, at: 0) }
    return String(decoding: bytes.prefix(limit), as: UTF8.self)
  }

  private static let underscore = UInt8(ascii: "_")

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), underscore, UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
