/// What is tried with inputs made by chance.
protocol Target {
  associatedtype Input

  /// As the command line names it.
  static var name: String { get }

  init(seed: UInt64)

  /// The input of a number: the same one for a seed, whichever were made before.
  mutating func input(_ number: UInt64) -> Input

  /// Tries it; what should not be is a finding, and so is a crash.
  mutating func check(_ input: Input) throws(Finding)

  /// For people; of a text, the very bytes.
  func description(of input: Input) -> [UInt8]
}

/// Something that should not be.
struct Finding: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// Throws one unless `condition` holds.
  static func unless(
    _ condition: Bool, _ reason: @autoclosure () -> String
  ) throws(Finding) {
    if !condition { throw Finding(reason()) }
  }
}
