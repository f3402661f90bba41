public import Foundation

/// Containers in each other, made by `scripts/nested-fixture`: level1 in the host, level2 in level1, …
public struct NestedContainers {
  /// How the ids of one are those of the one around it.
  public enum Map: Sendable {
    /// They are the same.
    case none
    /// From the first on.
    case from(UInt32, count: UInt32)

    fileprivate var word: String {
      switch self {
      case .none: "0"
      case .from(let first, let count): "\(first):\(count)"
      }
    }
  }

  /// Runs a shell command in the innermost; all have ended afterwards. What it printed.
  @discardableResult
  public static func run(_ maps: [Map], in area: URL, command: String) throws -> String {
    try Program.output(of: Machine.script("nested-fixture"), arguments(maps, area, command))
  }

  /// Likewise, without waiting.
  public static func start(_ maps: [Map], in area: URL, command: String) throws -> Program {
    try Program(Machine.script("nested-fixture"), arguments(maps, area, command))
  }

  private static func arguments(_ maps: [Map], _ area: URL, _ command: String) -> [String] {
    // Its name is that of the cgroup around all of them: it has to be unique.
    let directory = area.appending(path: "nested-\(area.lastPathComponent)")
    return [directory.path, maps.map(\.word).joined(separator: " "), command]
  }
}
