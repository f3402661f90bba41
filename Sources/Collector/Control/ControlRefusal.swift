/// Why something is not done, in auditctl's words where it has some.
public struct ControlRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line.
  public let description: String
  /// EPERM: another one might have been allowed to.
  public let isDenied: Bool

  init(_ description: String, isDenied: Bool = false) {
    self.description = description
    self.isDenied = isDenied
  }

  static func denied(_ reason: String) -> Self {
    Self("Operation not permitted: \(reason)", isDenied: true)
  }
}
