import Glibc

/// Why capture could not begin or go on; `description` names the cure.
public struct CaptureError: Error, CustomStringConvertible {
  /// What failed, why, and the cure, in one line.
  public let description: String

  init(_ what: String, errno code: Int32, cure: String? = nil) {
    let reason = String(cString: strerror(code))
    description = "\(what): \(reason)" + (cure.map { "; \($0)" } ?? "")
  }

  /// For a limit of the tables that the caller keeps.
  public init(_ text: String) { description = text }
}
