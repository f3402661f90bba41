import Testing

@testable import Collector

struct KeyValueFileTests {
  private func read(_ text: String) throws(ConfigurationError) -> KeyValueFile {
    try KeyValueFile(text, file: "x.conf", known: ["flush", "freq", "num_logs"])
  }

  @Test func keysValuesAndTheirLinesAreRead() throws {
    let file = try read("# comment\n\n  Flush =  NONE \nfreq=5")
    #expect(file["flush"]?.value == "NONE")
    #expect(file["flush"]?.line == 3)
    #expect(try file.number("freq", 0...9, default: 1) == 5)
    #expect(try file.number("num_logs", 0...9, default: 1) == 1)
  }

  @Test(arguments: [
    ("flusch = none", "x.conf:2: unknown key 'flusch'; did you mean 'flush'?"),
    ("something_else = 1", "x.conf:2: unknown key 'something_else'"),
    ("flush none", "x.conf:2: 'flush none' is no 'key = value'"),
    ("flush =", "x.conf:2: 'flush' has no value"),
    ("freq = 1", "x.conf:2: 'freq' is given twice, first on line 1"),
  ])
  func aMistakeIsNamedWithItsLine(line: String, description: String) {
    let error = #expect(throws: ConfigurationError.self) { try read("freq = 1\n\(line)\n") }
    #expect(error?.description == description)
  }

  @Test(arguments: ["ten", "-1", "10", "1.5"])
  func aNumberHasBounds(value: String) throws {
    let file = try read("freq = \(value)")
    let error = #expect(throws: ConfigurationError.self) {
      try file.number("freq", 0...9, default: 0)
    }
    #expect(error?.description == "x.conf:1: freq = \(value): give a number from 0 to 9")
  }

  @Test(arguments: [("flush", "flush", 0), ("flusch", "flush", 1), ("", "abc", 3), ("ab", "ba", 2)])
  func lettersThatDifferAreCounted(left: String, right: String, distance: Int) {
    #expect(KeyValueFile.distance(left, right) == distance)
  }
}
