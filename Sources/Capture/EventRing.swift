internal import CLibBPF
import CNestaudit
import Glibc

/// The reader's side of the ring (kernel/bpf/ringbuf.c), so that a drain can end before the ring is empty: whoever
/// floods it cannot keep us from all else. libbpf maps the events twice, one behind the other: the kernel fills in every
/// page of that at once, and they count as ours. Here a window is mapped, and an event that lies across its end is copied.
final class EventRing: @unchecked Sendable {
  private let size: Int
  private let page = sysconf(Int32(_SC_PAGESIZE))
  private let consumer: UnsafeMutableRawPointer
  private let producer: UnsafeMutableRawPointer
  /// Where the window is …
  private let window: UnsafeMutableRawPointer
  /// … how many bytes of the ring are in it, and from which on.
  private let windowSize: Int
  private var windowStart = 0
  /// Its own.
  private let descriptor: Int32
  /// nil where nobody reads what is in it any more.
  private let credits: Credits?
  /// Up to where events have been handed out.
  private(set) var position: UInt64
  /// Where an event is put together that lies across the end.
  private var whole = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 8)

  /// Mapping the next one takes as long as a few events do.
  private static let mostMapped = 1 << 20

  /// BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT, BPF_RINGBUF_HDR_SZ
  private static let busy: UInt32 = 1 << 31
  private static let discarded: UInt32 = 1 << 30
  private static let headSize = 8
  /// The place of what was read is given back so often.
  private static let givesBack: UInt64 = 64 << 10
  /// Bytes of an event that are fetched while the one before is handed out.
  private static let mostFetched: UInt64 = 1024

  /// Maps the ring.
  /// - Parameter credits: of those whose events are in it; nil if it is only looked at.
  init(descriptor: Int32, credits: Credits? = nil) throws(CaptureError) {
    var information = bpf_map_info()
    var length = UInt32(MemoryLayout<bpf_map_info>.size)
    guard bpf_obj_get_info_by_fd(descriptor, &information, &length) == 0 else {
      throw CaptureError("the ring cannot be asked for its size", errno: errno)
    }
    size = Int(information.max_entries)
    let first = mmap(nil, page, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let first, first != MAP_FAILED else {
      throw CaptureError("the ring cannot be mapped", errno: errno)
    }
    let second = mmap(nil, page, PROT_READ, MAP_SHARED, descriptor, page)
    guard let second, second != MAP_FAILED else {
      let failed = CaptureError("the ring cannot be mapped", errno: errno)
      munmap(first, page)
      throw failed
    }
    windowSize = min(size, Self.mostMapped)
    let duplicate = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    let window = mmap(nil, windowSize, PROT_READ, MAP_SHARED, duplicate, 2 * page)
    guard let window, window != MAP_FAILED else {
      let failed = CaptureError("the ring cannot be mapped", errno: errno)
      close(duplicate)
      munmap(first, page)
      munmap(second, page)
      throw failed
    }
    self.credits = credits
    self.descriptor = duplicate
    self.window = window
    consumer = first
    producer = second
    position = nestaudit_load_acquire(first)
  }

  /// Goes on from a position that an earlier reader had come to, and could not give back any more.
  func skip(to position: UInt64) {
    guard position > self.position, position <= end else { return }
    self.position = position
    giveBack()
  }

  /// Gives the place of all that was handed out back to the kernel, and its credit.
  func giveBack() {
    nestaudit_store_release(consumer, position)
    credits?.give()
  }

  /// Up to where there are events.
  var end: UInt64 { nestaudit_load_acquire(producer) }

  /// Whether all that is there was handed out.
  var isEmpty: Bool { position == end }

  /// What nobody has taken, as the kernel's own heads tell it.
  func left() -> (events: UInt64, bytes: UInt64) {
    let end = end
    var at = position
    var events: UInt64 = 0
    while at < end {
      let head = nestaudit_load_acquire_32(place(Int(at & UInt64(size - 1))))
      if head & Self.busy != 0 { break }
      if head & Self.discarded == 0 { events += 1 }
      let length = Int(head & ~(Self.busy | Self.discarded))
      at += UInt64((length + Self.headSize + 7) & ~7)
    }
    return (events, end - position)
  }

  deinit {
    munmap(consumer, page)
    munmap(producer, page)
    munmap(window, windowSize)
    close(descriptor)
    whole.deallocate()
  }

  /// Hands events to `body`, in the ring's order: all that are there, or about `limit` bytes of them. What was handed out
  /// last is given back by the caller.
  /// - Parameter beforeGivingBack: is called when the place of what was handed out is about to be given back.
  /// - Returns: how many there were, and whether there may be more.
  func drain(
    atMost limit: Int, _ body: (UnsafeRawBufferPointer) -> Void, beforeGivingBack: () -> Void
  ) -> (events: Int, hasMore: Bool) {
    let start = position
    var given = position
    var count = 0
    // BPF writes it with every event: it is looked at again when what was seen is taken.
    var end = self.end
    while true {
      if position >= end {
        end = self.end
        if position >= end { return (count, false) }
      }
      let at = Int(position & UInt64(size - 1))
      let head = nestaudit_load_acquire_32(place(at))
      // What is being written is finished soon; what is behind it has to wait, for the order.
      if head & Self.busy != 0 { return (count, false) }
      let length = Int(head & ~(Self.busy | Self.discarded))
      let taken = UInt64((length + Self.headSize + 7) & ~7)
      // The next one is about as long, and in another processor's cache.
      if position + taken < end {
        nestaudit_prefetch(place(at) + Int(taken), UInt32(min(taken, Self.mostFetched)))
      }
      if head & Self.discarded == 0 {
        let event = event(at: at + Self.headSize, length)
        body(event)
        if let account = Self.account(of: event) { credits?.take(taken, of: account) }
        count += 1
      }
      position += taken
      if position - given >= Self.givesBack {
        given = position
        beforeGivingBack()
        giveBack()
      }
      if position - start >= UInt64(limit) { return (count, true) }
    }
  }

  /// Whose credit an event has taken; nil if it is too short to say so.
  @inline(__always)
  private static func account(of event: UnsafeRawBufferPointer) -> UInt32? {
    guard event.count >= MemoryLayout<event_header>.size else { return nil }
    return event.loadUnaligned(
      fromByteOffset: MemoryLayout<event_header>.offset(of: \.account)!, as: UInt32.self)
  }

  @inline(__always)
  private func event(at start: Int, _ length: Int) -> UnsafeRawBufferPointer {
    let start = start & (size - 1)
    let first = place(start)
    if length <= bytes(from: start) {
      return UnsafeRawBufferPointer(start: first, count: length)
    }
    return copy(from: start, length)
  }

  /// Puts an event together that does not end in the window that it begins in.
  @inline(never)
  private func copy(from start: Int, _ length: Int) -> UnsafeRawBufferPointer {
    if whole.count < length {
      whole.deallocate()
      whole = .allocate(byteCount: length, alignment: 8)
    }
    var copied = 0
    while copied < length {
      let at = (start + copied) & (size - 1)
      let count = min(length - copied, bytes(from: at))
      (whole.baseAddress! + copied).copyMemory(from: place(at), byteCount: count)
      copied += count
    }
    return UnsafeRawBufferPointer(start: whole.baseAddress, count: length)
  }

  // MARK: The window

  /// Where the byte of this number is; valid until the next call.
  @inline(__always)
  private func place(_ at: Int) -> UnsafeRawPointer {
    let offset = at - windowStart
    if offset < 0 || offset >= windowSize { slide(to: at) }
    return UnsafeRawPointer(window + (at - windowStart))
  }

  /// Bytes from this one to the end of its window.
  @inline(__always)
  private func bytes(from at: Int) -> Int { windowSize - at & (windowSize - 1) }

  @inline(never)
  private func slide(to at: Int) {
    windowStart = at & ~(windowSize - 1)
    let moved = mmap(
      window, windowSize, PROT_READ, MAP_SHARED | MAP_FIXED, descriptor, 2 * page + windowStart)
    // The kernel has no memory for a table of pages. Nothing is lost: another collector goes on.
    precondition(moved == window, "the ring cannot be mapped")
  }
}
