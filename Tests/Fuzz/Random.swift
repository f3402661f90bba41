/// Numbers by chance, always the same for a seed.
struct Random {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Of one input of a run: inputs can be made again without those before them.
  init(seed: UInt64, number: UInt64) {
    var mixed = Random(seed: number)
    state = seed ^ mixed.next()
  }

  /// splitmix64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ count: Int) -> Int { Int(next() % UInt64(count)) }

  /// True once in `count` times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }

  /// Mostly small, now and then as large as `limit`.
  mutating func length(upTo limit: Int) -> Int {
    once(in: 16) ? below(limit + 1) : below(min(limit, 8) + 1)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}
