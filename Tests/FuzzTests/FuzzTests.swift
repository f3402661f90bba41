import TestSupport
import Testing

/// A short run of what `make fuzz` does for minutes, always with the same inputs.
@Suite(.serialized)
struct Fuzzing {
  @Test(arguments: [("parser", 20000), ("compiler", 20000), ("recording", 1000)])
  func inputsByChanceFindNothing(target: String, count: Int) throws {
    try withTemporaryDirectory { area in
      let result = try Program.run(
        Machine.product("fuzz"),
        [target, "--seed", "1", "--count", "\(count)", "--output", area.path], limit: .seconds(120))
      #expect(result.status == 0, "\(result.errors)")
    }
  }
}
