/// Why a recording cannot be read, in one line with the cure.
public struct RecordingError: Error, Equatable, CustomStringConvertible {
  /// What is wrong, where, and the cure.
  public let description: String

  /// Says what is wrong.
  public init(_ description: String) { self.description = description }

  /// Something in the file is not what was written.
  /// - Parameter offset: in bytes from the file's beginning.
  public static func damaged(at offset: Int, _ what: String) -> Self {
    Self("damaged at byte \(offset): \(what); take another copy of it")
  }
}
