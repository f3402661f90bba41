import CNestaudit
import Glibc

/// Where the collector sleeps: for a few milliseconds while events keep coming, so that BPF need not wake it
/// for each; until the first one when none have come for a while.
struct Waiter: ~Copyable {
  /// While events keep coming, the ring is looked at so often: what is done with them is a part of that.
  private static let batchMilliseconds: Int32 = 5
  /// At the latest then the losses are looked at.
  private static let idleMilliseconds: Int32 = 1000

  private static let mostReady = 16

  private let epoll: Int32
  private let control: UnsafeMutablePointer<policy_control>
  /// The last look found nothing, so that BPF has been asked to wake us.
  private var isAsked = false
  /// When the last sleep ended, by the monotonic clock.
  private var woken: Int64 = 0

  /// - Parameters:
  ///   - events: the ring's descriptor.
  ///   - others: what else ends the sleep when it can be read.
  init(events: Int32, others: [Int32], control: UnsafeMutablePointer<policy_control>) {
    self.control = control
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    // Only a wakeup counts for the ring, not that something lies in it.
    add(events, EPOLLIN.rawValue | EPOLLET.rawValue)
    for descriptor in others { add(descriptor, EPOLLIN.rawValue) }
  }

  deinit { close(epoll) }

  /// A mount table of /proc counts when it has changed, not that it can be read; it is waited for until it is closed.
  func add(mountTable descriptor: Int32) { add(descriptor, EPOLLPRI.rawValue) }

  private func add(_ descriptor: Int32, _ events: UInt32) {
    var event = epoll_event(events: events, data: epoll_data(fd: descriptor))
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
  }

  /// Sleeps until there is something to do.
  /// - Parameters:
  ///   - count: events that have just been taken out of the ring.
  ///   - isBehind: there may be more of them.
  ///   - isBusy: something else waits to be done soon.
  ///   - take: is told each descriptor that ended the sleep.
  mutating func wait(
    afterEvents count: Int, isBehind: Bool, isBusy: Bool, _ take: (Int32) -> Void
  ) {
    if isBehind {
      sleep(0, take)
    } else if count > 0 || isBusy {
      control.pointee.pace = PACE_BATCH.rawValue
      isAsked = false
      let passed = (Clock.read(CLOCK_MONOTONIC) - woken) / 1_000_000
      sleep(max(0, Self.batchMilliseconds - Int32(clamping: passed)), take)
    } else if isAsked {
      sleep(Self.idleMilliseconds, take)
    } else {
      // A program that runs just now may not have seen what is asked: look once more before the long sleep.
      control.pointee.pace = PACE_EAGER.rawValue
      isAsked = true
      sleep(Self.batchMilliseconds, take)
    }
  }

  private mutating func sleep(_ milliseconds: Int32, _ take: (Int32) -> Void) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.mostReady) { events in
      let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), milliseconds)
      for index in 0..<max(Int(count), 0) { take(events[index].data.fd) }
    }
    woken = Clock.read(CLOCK_MONOTONIC)
  }
}
