import Glibc

/// What is wrong with the configuration: file, line where there is one, and the cure.
public struct ConfigurationError: Error, CustomStringConvertible {
  /// "FILE:LINE: reason", with the cure.
  public let description: String

  init(_ file: String, line: Int? = nil, _ reason: String) {
    description = file + (line.map { ":\($0)" } ?? "") + ": " + reason
  }
}
