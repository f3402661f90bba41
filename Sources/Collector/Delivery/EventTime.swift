import Glibc

/// The time of an event as records give it.
public struct EventTime: Sendable, Codable {
  /// Since 1970.
  public let seconds: Int64
  /// 0 to 999.
  public let milliseconds: Int

  /// All of it in milliseconds.
  var sinceEpoch: Int64 { 1000 * seconds + Int64(milliseconds) }

  init(nanoseconds: Int64) {
    seconds = nanoseconds / 1_000_000_000
    milliseconds = Int(nanoseconds % 1_000_000_000 / 1_000_000)
  }

  /// The time now, by the wall clock.
  static var now: EventTime { EventTime(nanoseconds: Clock.read(CLOCK_REALTIME)) }
}

/// From the kernel's time since boot to the wall clock's.
struct Clock {
  /// Nanoseconds from one to the other.
  var offset: Int64 = 0

  /// Measures how the clocks stand to each other; to be called before each batch, as the wall clock may be set.
  mutating func synchronise() {
    offset = Self.read(CLOCK_REALTIME) - Self.read(CLOCK_BOOTTIME)
  }

  @inline(__always)
  func time(sinceBoot nanoseconds: UInt64) -> EventTime {
    EventTime(nanoseconds: Int64(truncatingIfNeeded: nanoseconds) &+ offset)
  }

  static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
