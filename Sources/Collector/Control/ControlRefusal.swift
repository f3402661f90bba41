/// Why something is not done, in auditctl's words where it has some.
public struct ControlRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line.
  public let description: String
  /// The name of an error of errno(3), where the kernel would give one: "EBUSY".
  public let code: String?

  /// EPERM: another one might have been allowed to.
  public var isDenied: Bool { code == "EPERM" }

  init(_ description: String, code: String? = nil) {
    self.description = description
    self.code = code
  }

  static func denied(_ reason: String) -> Self {
    Self("Operation not permitted: \(reason)", code: "EPERM")
  }
}
