public import Foundation

/// What the tests of the whole need from the machine, and where their things are.
public enum Machine {
  /// The package's directory.
  public static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Where SwiftPM put what it built: beside the test bundle.
  public static let products: URL = {
    let bundle = CommandLine.arguments.first.map { URL(filePath: $0) }
    var directory = (bundle ?? package).deletingLastPathComponent()
    while directory.path != "/" {
      if isExecutable(directory.appending(path: "workload")) { return directory }
      directory.deleteLastPathComponent()
    }
    return package.appending(path: ".build/release")
  }()

  /// A program of this package.
  public static func product(_ name: String) -> String {
    products.appending(path: name).path
  }

  /// A file of `scripts/`.
  public static func script(_ name: String) -> String {
    package.appending(path: "scripts/\(name)").path
  }

  /// Whether tests with BPF, the kernel's audit, containers and guests can run; says so loudly, once,
  /// where they cannot.
  public static let isRoot: Bool = {
    guard geteuid() != 0 else { return true }
    print(
      """

      ######## NOT ROOT: tests with BPF, the kernel's audit, containers, guests are SKIPPED ########

      """)
    return false
  }()

  /// Where the second version's hierarchy is mounted.
  public static let cgroups = URL(
    filePath: FileManager.default.fileExists(atPath: "/sys/fs/cgroup/unified")
      ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup")

  private static func isExecutable(_ file: URL) -> Bool {
    FileManager.default.isExecutableFile(atPath: file.path)
  }
}

/// Why something that the tests rely on went wrong.
public struct SupportError: Error, CustomStringConvertible {
  /// The reason.
  public let description: String

  /// An error with this reason.
  public init(_ description: String) {
    self.description = description
  }
}

/// Runs `body` with a directory of its own, which others may enter, and removes it afterwards.
public func withTemporaryDirectory<Value>(_ body: (URL) throws -> Value) throws -> Value {
  let directory = URL(filePath: "/tmp/nestaudit-test.\(UUID().uuidString.prefix(8))")
  try FileManager.default.createDirectory(
    at: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory)
}

/// Waits until `condition` holds; fails after `limit`.
public func wait(
  for what: String, limit: Duration = .seconds(20), until condition: () throws -> Bool
) throws {
  let deadline = ContinuousClock.now + limit
  while try !condition() {
    guard ContinuousClock.now < deadline else {
      throw SupportError("waited \(limit) in vain for \(what)")
    }
    usleep(10_000)
  }
}
