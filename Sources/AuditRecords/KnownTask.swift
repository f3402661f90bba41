import Synchronization

/// What is known of one task, at an address that stays.
struct KnownTask: ~Copyable {
  private var slot = EventSlot()
  /// What was last said of it; its bytes are in `slot`.
  private(set) var event: ProcessEvent?
  /// The daemons that were told of it, by its present title.
  var told: [UInt32] = []
  private let texts = UnsafeMutablePointer<SubjectTexts>.allocate(capacity: 1)

  private static let versions = Atomic<UInt64>(0)

  init() { texts.initialize(to: SubjectTexts()) }

  deinit {
    slot.memory.deallocate()
    texts.deinitialize(count: 1)
    texts.deallocate()
  }

  /// Keeps a copy of the event in place of the one before.
  mutating func replace(by event: ProcessEvent) {
    slot.store(event.bytes, at: 0)
    texts.pointee.removeAll()
    self.event = ProcessEvent(slot.bytes)
    self.event?.texts = texts
    self.event?.version = Self.versions.wrappingAdd(1, ordering: .relaxed).newValue
  }
}
