public import Foundation

/// The program and what it needs, in a directory that containers without libraries of their own can mount.
public struct ContainedProgram {
  /// To be mounted at ``place``.
  public let directory: URL

  /// Where a container has it; `na` in it runs the program.
  public static let place = "/client"

  /// Collects it below `area`.
  public init(in area: URL) throws {
    directory = area.appending(path: "client")
    let files = FileManager.default
    try files.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let program = Machine.product("nestaudit")
    let needed = try Program.output(of: "ldd", [program]).split(separator: "\n")
      .compactMap { line in
        line.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") }.map(String.init)
      }
    for file in needed + [program] {
      try files.copyItem(
        at: URL(filePath: file).resolvingSymlinksInPath(),
        to: directory.appending(path: URL(filePath: file).lastPathComponent))
    }
    let script = directory.appending(path: "na")
    try """
    #!/bin/sh
    exec \(Self.place)/ld-linux-x86-64.so.2 --library-path \(Self.place) \(Self.place)/nestaudit "$@"

    """.write(to: script, atomically: true, encoding: .utf8)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script.path)
  }
}
