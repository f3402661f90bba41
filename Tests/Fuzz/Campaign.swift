import Foundation

/// Many inputs for one target, one after the other.
struct Campaign<Tried: Target> {
  let seed: UInt64
  let directory: String

  /// - Returns: whether nothing was found.
  func run(first: UInt64, count: UInt64) -> Bool {
    CrashGuard.install(
      arguments: [
        "fuzz", Tried.name, "--seed", "\(seed)", "--output", directory, "--save",
      ])
    var target = Tried(seed: seed)
    let began = Self.now()
    var next = began + 5
    for number in first..<(first + count) {
      CrashGuard.begin(number)
      let input = target.input(number)
      do throws(Finding) {
        try target.check(input)
      } catch {
        say("\(error.reason)")
        save(number)
        return false
      }
      if number % 256 == 0, Self.now() >= next {
        let done = number - first + 1
        say("\(done) of \(count) inputs, \(UInt64(Double(done) / (Self.now() - began))) a second")
        next = Self.now() + 5
      }
    }
    alarm(0)
    say("nothing found in \(count) inputs, \(Int(Self.now() - began)) s")
    return true
  }

  /// Writes an input to a file without trying it.
  func save(_ number: UInt64) {
    var target = Tried(seed: seed)
    let bytes = target.description(of: target.input(number))
    let path = "\(directory)/fuzz-\(Tried.name)-\(seed)-\(number).txt"
    do {
      try Data(bytes).write(to: URL(filePath: path))
    } catch {
      return say("input \(number) cannot be saved: \(error)")
    }
    say(
      "input \(number) is in \(path); again: fuzz \(Tried.name) --seed \(seed) --first \(number) --count 1"
    )
  }

  private func say(_ text: String) {
    FileHandle.standardError.write(Data("fuzz \(Tried.name), seed \(seed): \(text)\n".utf8))
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
