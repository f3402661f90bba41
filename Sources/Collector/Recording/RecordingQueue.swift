internal import Recording
import CNestaudit
import Glibc
import Synchronization

/// What has been recorded on its way from the thread that drains the ring, which never waits here, to the one that compresses it and
/// sends it away.
public final class RecordingQueue: Sendable {
  /// With as many bytes waiting, events are left out and counted …
  private static let mostWaiting = 64 << 20
  /// … and what is needed to understand the others ends the recording at this.
  private static let mostEver = 128 << 20

  private struct Block {
    let content: [UInt8]
    let events: UInt64
    let leftOut: UInt64
  }

  private struct State {
    var blocks: [Block] = []
    var isEnded = false
  }

  private let header: RecordingHeader
  private let state = Mutex(State())
  private let waiting = Atomic<Int>(0)
  private let abandoned = Atomic<Bool>(false)
  private let sent = Atomic<Bool>(false)
  private let wakeup: Int32

  init(_ header: RecordingHeader) {
    self.header = header
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
  }

  deinit { close(wakeup) }

  // MARK: On the drain thread

  /// Whether events are still taken.
  var hasRoom: Bool { waiting.load(ordering: .relaxed) < Self.mostWaiting }

  /// Nobody takes the recording away any more.
  var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

  /// Whether all of it has been taken away.
  var isSent: Bool { sent.load(ordering: .relaxed) }

  /// Takes the content of a block.
  /// - Parameter isLast: nothing follows.
  func put(_ content: [UInt8], events: UInt64, leftOut: UInt64, isLast: Bool) {
    if waiting.load(ordering: .relaxed) > Self.mostEver { return abandon() }
    waiting.add(content.count, ordering: .relaxed)
    state.withLock { state in
      state.blocks.append(Block(content: content, events: events, leftOut: leftOut))
      state.isEnded = isLast
    }
    eventfd_write(wakeup, 1)
  }

  private func abandon() { abandoned.store(true, ordering: .relaxed) }

  // MARK: On the thread that sends

  /// An empty block is sent so often, in milliseconds: who listens sees that all is well.
  private static let pulse: Int32 = 500

  /// Gives the whole recording to `send`, in pieces, until it has ended or nobody listens any more.
  public func run(_ send: ([UInt8]) -> Bool) {
    defer {
      abandon()
      sent.store(true, ordering: .relaxed)
    }
    guard send(header.bytes) else { return }
    var last = (events: UInt64(0), leftOut: UInt64(0))
    while !isAbandoned {
      let (blocks, isEnded) = state.withLock { state in
        defer { state.blocks = [] }
        return (state.blocks, state.isEnded)
      }
      for (number, block) in blocks.enumerated() {
        let bytes = RecordingBlock.encode(
          block.content, events: block.events, leftOut: block.leftOut,
          isLast: isEnded && number == blocks.count - 1)
        guard send(bytes) else { return }
        waiting.subtract(block.content.count, ordering: .relaxed)
        last = (block.events, block.leftOut)
      }
      if isEnded { return }
      if blocks.isEmpty {
        guard send(RecordingBlock.encode([], events: last.events, leftOut: last.leftOut)) else {
          return
        }
      }
      var ready = pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0)
      poll(&ready, 1, Self.pulse)
      var count: eventfd_t = 0
      eventfd_read(wakeup, &count)
    }
  }
}
