public import Foundation

/// What a log says of the names that `workload race` used while a thread rewrote them.
public struct RacedNames: Sendable {
  /// Names with the object that is theirs, with nothing said against them.
  public private(set) var right = 0
  /// Names with another one's object, and no word of it.
  public private(set) var forged = 0
  /// Names with another one's object, of which the record says that nothing confirms them.
  public private(set) var said = 0
  /// Names with the object that is theirs, of which it says the same.
  public private(set) var accused = 0
  /// Names without an object.
  public private(set) var alone = 0

  /// How many there are.
  public var count: Int { right + forged + said + accused + alone }

  // One pass over a log of a hundred megabytes; the events' lines follow each other.
  private static let program = #"""
    /^type=SYSCALL/ { wanted = / key="race"/ }
    wanted && /^type=PATH/ && match($0, / name="(file|socket)-[ab]"/) {
      name = substr($0, RSTART + 7, RLENGTH - 8)
      inode = match($0, / inode=[0-9]+/) ? substr($0, RSTART + 7, RLENGTH - 7) : "-"
      seen[name " " inode " " (/ unconfirmed=name/ ? "said" : "unsaid")]++
    }
    END { for (what in seen) print seen[what], what }
    """#

  /// Reads a log.
  /// - Parameter objects: what the workload printed: each name and its inode.
  public init(log: URL, objects: String) throws {
    let inodes = Dictionary(
      uniqueKeysWithValues: objects.split(separator: "\n").map { line in
        let words = line.split(separator: " ")
        return (words[0], words[1])
      })
    let counts = try Program.output(of: "awk", [Self.program, log.path])
    for line in counts.split(separator: "\n") {
      let words = line.split(separator: " ")
      let count = Int(words[0]) ?? 0
      switch (words[2] == "-", inodes[words[1]] == words[2], words[3] == "said") {
      case (true, _, _): alone += count
      case (_, true, false): right += count
      case (_, true, true): accused += count
      case (_, false, false): forged += count
      case (_, false, true): said += count
      }
    }
  }
}
