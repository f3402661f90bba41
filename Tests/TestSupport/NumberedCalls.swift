public import Foundation

/// What a log says of `workload numbered`: which calls, how often, by which keys.
///
/// Such a log has millions of events: it is read in one go, and no line is made a string.
public struct NumberedCalls {
  /// What a test's rules are to do with a call: its third argument.
  public enum Kind: Int, Sendable {
    /// Recorded.
    case always = 3
    /// Not recorded.
    case never = 4
    /// One tenth of the numbers; recorded or not, as the rules of the moment say.
    case sometimes = 5
  }

  /// Keys in the order of the log, without immediate repetitions.
  public private(set) var keys: [String] = []
  /// The keys of calls that are `sometimes`, likewise.
  public private(set) var keysOfSometimes: [String] = []
  /// Where a serial number does not follow the one before.
  public private(set) var gaps: [String] = []
  /// Records that tell of losses.
  public private(set) var losses = 0
  private var times: [Kind: [UInt8]] = [:]

  /// Reads a log, of calls with numbers below `count`.
  public init(log: URL, count: Int) throws {
    for kind in [Kind.always, .never, .sometimes] {
      times[kind] = Array(repeating: 0, count: count)
    }
    let data = try Data(contentsOf: log, options: .alwaysMapped)
    data.withUnsafeBytes { bytes in
      var start = 0
      var serial = 0
      while let end = bytes.end(of: Self.newline, from: start) {
        let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        start = end
        let number = line.end(of: Self.colon).flatMap { Self.digits(line, $0, radix: 10) } ?? -1
        if serial != 0, number != serial, number != serial + 1 {
          gaps.append("\(serial), \(number)")
        }
        serial = number
        if line.starts(with: Self.syscall) {
          record(line)
        } else if line.end(of: Self.lost) != nil {
          losses += 1
        }
      }
    }
  }

  /// How many calls of a kind are in the log, each counted as often as it is there.
  public func total(_ kind: Kind) -> Int { times[kind]!.reduce(0) { $0 + Int($1) } }

  /// The numbers of the calls that are not in the log exactly so many times.
  public func notSeen(_ kind: Kind, times wanted: UInt8) -> [Int] {
    times[kind]!.indices.filter { times[kind]![$0] != wanted }
  }

  /// The numbers of the calls that are in the log more than once.
  public func repeated(_ kind: Kind) -> [Int] {
    times[kind]!.indices.filter { times[kind]![$0] > 1 }
  }

  private mutating func record(_ line: UnsafeRawBufferPointer) {
    guard let first = line.end(of: Self.a1), let number = Self.digits(line, first, radix: 16),
      let second = line.end(of: Self.a2, from: first),
      let kind = Self.digits(line, second, radix: 16).flatMap(Kind.init(rawValue:)),
      number < times[kind]!.count, let key = line.end(of: Self.key, from: second)
    else { return }
    times[kind]![number] &+= 1
    let text = line[key...].prefix { $0 != UInt8(ascii: "\"") }
    if keys.last.map({ text.elementsEqual($0.utf8) }) != true {
      keys.append(String(decoding: text, as: UTF8.self))
    }
    if kind == .sometimes, keysOfSometimes.last != keys.last { keysOfSometimes.append(keys.last!) }
  }

  private static func digits(
    _ line: UnsafeRawBufferPointer, _ start: Int, radix: Int
  ) -> Int? {
    var value: Int?
    for byte in line[start...] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { break }
      value = (value ?? 0) * radix + digit
    }
    return value
  }

  private static let newline = Array("\n".utf8)
  /// Stands between the time and the serial number.
  private static let colon = Array(":".utf8)
  private static let syscall = Array("type=SYSCALL ".utf8)
  private static let a1 = Array(" a1=".utf8)
  private static let a2 = Array(" a2=".utf8)
  private static let key = Array(" key=\"".utf8)
  private static let lost = Array("op=lost-events".utf8)
}
