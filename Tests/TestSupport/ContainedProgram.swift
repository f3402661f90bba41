public import Foundation

/// The program that needs no library, in a directory that containers can mount.
public struct ContainedProgram {
  /// To be mounted at ``place``.
  public let directory: URL

  /// Where a container has it; `na` in it is the program.
  public static let place = "/client"

  /// Puts it below `area`.
  public init(in area: URL) throws {
    directory = area.appending(path: "client")
    let built = Machine.package.appending(path: ".build-client/release/nestaudit")
    guard FileManager.default.isExecutableFile(atPath: built.path) else {
      throw SupportError("\(built.path) is not there; build it: make static-client")
    }
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    try FileManager.default.copyItem(at: built, to: directory.appending(path: "na"))
  }
}
