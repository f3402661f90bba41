import CNestaudit
import Glibc

/// What a collector knows besides what it has written: appended as it becomes known, and committed with the rest, so that a
/// collector that takes over knows of each event in the ring what the one before would have known.
///
/// There are two halves: when one has grown, all that is known is written to the other, and that counts from the next
/// commit on.
final class Facts {
  /// Of `kept_fact`.
  enum Kind: UInt32 {
    /// EVENT_PROCESS as it came.
    case process = 1
    /// A task's number: it has ended.
    case exit
    /// What goes before a task's next syscall: `PendingSnapshot`.
    case parts
    /// What task lists said of a task: JSON.
    case verdicts
    /// A container: JSON.
    case container
    /// A contid: the container is gone.
    case gone
    /// A cgroup and the contid of the container that it is in, 0 for the host, all ones for none.
    case cgroup
    /// A contid, and an event of the container that waits until it is known.
    case held
    /// struct loss_key and a count: what was charged of the kernel's.
    case loss
    /// What a daemon was told at run time: JSON.
    case rules
  }

  private let memory: KeptMemory
  private var half: UInt64
  private var count: Int
  /// Bytes at which all that is known is written anew.
  private var limit = Facts.smallest
  private var isTelling = false
  private var mappings: (first: Mapping, second: Mapping)

  private static let smallest = 4 << 20
  private static let step = 1 << 20

  private struct Mapping {
    var base: UnsafeMutableRawPointer?
    var size = 0
  }

  init(_ memory: KeptMemory) {
    self.memory = memory
    half = memory.root.half
    count = Int(memory.root.facts)
    mappings = (Mapping(), Mapping())
    if count > 0 { _ = makeRoom(count) }
  }

  deinit {
    for mapping in [mappings.first, mappings.second] {
      if let base = mapping.base { munmap(base, mapping.size) }
    }
  }

  private var mapping: Mapping {
    get { half == 0 ? mappings.first : mappings.second }
    set { if half == 0 { mappings.first = newValue } else { mappings.second = newValue } }
  }

  private var offset: UInt64 { KEPT_AT_FACTS + half * KEPT_FACTS_SIZE }

  /// For the root of the next commit.
  var end: (half: UInt64, count: UInt64) { (half, UInt64(count)) }

  /// Whether there is so much that all that is known should be written anew.
  var isLong: Bool { count >= limit }

  /// Gives each fact that was committed, in their order.
  func forEach(_ body: (Kind, UnsafeRawBufferPointer) -> Void) {
    guard let base = mapping.base else { return }
    // What is taken up is there already.
    isTelling = true
    defer { isTelling = false }
    var at = 0
    while at < count {
      let head = (base + at).load(as: kept_fact.self)
      if let kind = Kind(rawValue: head.kind) {
        body(kind, UnsafeRawBufferPointer(start: base + at + 8, count: Int(head.size)))
      }
      at += Self.size(Int(head.size))
    }
  }

  private static func size(_ count: Int) -> Int { (MemoryLayout<kept_fact>.size + count + 7) & ~7 }

  /// Adds a fact, in two parts.
  func add(
    _ kind: Kind, _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    let length = first.count + second.count
    guard !isTelling, memory.isWhole, makeRoom(count + Self.size(length)), let base = mapping.base
    else { return }
    let place = base + count
    place.storeBytes(of: kept_fact(kind: kind.rawValue, size: UInt32(length)), as: kept_fact.self)
    if let source = first.baseAddress, first.count > 0 {
      (place + 8).copyMemory(from: source, byteCount: first.count)
    }
    if let source = second.baseAddress, second.count > 0 {
      (place + 8 + first.count).copyMemory(from: source, byteCount: second.count)
    }
    count += Self.size(length)
  }

  /// Adds a fact that is numbers.
  func add<Value: BitwiseCopyable>(
    _ kind: Kind, _ value: Value,
    _ rest: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    withUnsafeBytes(of: value) { add(kind, $0, rest) }
  }

  /// Writes all that is known to the other half; what was there before is to be given back by `forgetOther`, once that
  /// has been committed.
  func writeAnew(_ body: () -> Void) {
    half = 1 - half
    count = 0
    body()
    limit = max(Self.smallest, 4 * count)
  }

  /// Gives the room of the half back that counts no more.
  func forgetOther() {
    half = 1 - half
    nestaudit_deallocate(memory.descriptor, offset, UInt64(mapping.size))
    if let base = mapping.base { munmap(base, mapping.size) }
    mapping = Mapping()
    half = 1 - half
  }

  private func makeRoom(_ needed: Int) -> Bool {
    var mapping = mapping
    if needed <= mapping.size { return true }
    let larger = (max(needed, 2 * mapping.size) + Self.step - 1) / Self.step * Self.step
    guard larger <= Int(KEPT_FACTS_SIZE),
      memory.allocate(offset + UInt64(mapping.size), UInt64(larger - mapping.size))
    else {
      memory.giveUp()
      return false
    }
    if let base = mapping.base {
      mapping.base = nestaudit_extend(base, UInt64(mapping.size), UInt64(larger))
    } else {
      let made = mmap(
        nil, larger, PROT_READ | PROT_WRITE, MAP_SHARED, memory.descriptor, off_t(offset))
      mapping.base = made == MAP_FAILED ? nil : made
    }
    guard mapping.base != nil else {
      memory.giveUp()
      return false
    }
    mapping.size = larger
    self.mapping = mapping
    return true
  }
}
