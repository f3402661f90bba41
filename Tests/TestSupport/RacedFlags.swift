public import Foundation

/// What a log says of the flags that `workload race` used with openat2 while a thread rewrote them: O_DIRECTORY, with
/// which the call fails, or none.
public struct RacedFlags: Sendable {
  /// Flags that go with the result, with and without O_DIRECTORY.
  public private(set) var right = [true: 0, false: 0]
  /// Flags that do not.
  public private(set) var forged = 0

  private static let program = #"""
    /^type=SYSCALL/ { wanted = (/ key="how"/); yes = (/ success=yes /) }
    wanted && /^type=OPENAT2/ { seen[yes " " (/ oflag=0200000 /)]++ }
    END { for (what in seen) print seen[what], what }
    """#

  /// Reads a log.
  public init(log: URL) throws {
    for line in try Program.output(of: "awk", [Self.program, log.path]).split(separator: "\n") {
      let words = line.split(separator: " ")
      let count = Int(words[0]) ?? 0
      let (opened, directory) = (words[1] == "1", words[2] == "1")
      if opened != directory { right[directory, default: 0] += count } else { forged += count }
    }
  }
}
