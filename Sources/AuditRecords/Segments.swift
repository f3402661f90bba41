/// The records of one event, rendered once: shared bytes, and slots between them that are filled for a view or
/// a daemon.
struct Segments: ~Copyable {
  enum Slot: UInt8 {
    /// The serial number of the daemon, and the end of the stamp.
    case serial
    case pid
    case ppid
    /// All that a SYSCALL says of its task.
    case subject
    /// `value` is the kernel's id.
    case uid
    case gid
    /// `value` is an id as the caller gave it, in its own view.
    case givenUID
    case givenGID
    /// `value` is the kernel's id; an unset one is -1.
    case signedUID
    /// `value` is the kernel's id; it is printed with its sign, and has no name beside it.
    case rootID
    /// `value` is where the target begins among the event's.
    case targetPID
    /// The key of the rule that matched.
    case key
    /// " record=1" where CONTAINER_ID goes before.
    case containerLink
    /// CONTAINER_ID of a target, a line of its own, and the number of that; `value` is where the target begins among the
    /// event's.
    case targetContainer
    case targetLink
    /// Here the enriched part of a record begins; `value` is how many slots further its end is.
    case enriched
    case enrichedEnd
    /// Here the title of a task begins that some daemon calls otherwise; the next slot is its end.
    case title
    case titleEnd
    /// The name of an id of the kernel, `value`.
    case userName
    case groupName
    /// The name of an id as the caller gave it.
    case givenUserName
    case givenGroupName
  }

  struct Placed {
    /// Where in the shared bytes it stands.
    let offset: Int
    let kind: Slot
    let value: UInt32
  }

  /// The shared bytes; whoever renders appends here.
  var text = TextBuffer(capacity: 4096)
  private var slots = FlatArray<Placed>(capacity: 64)
  /// Number of the slot at which the enriched part of the record at hand has begun.
  var enriched: Int?

  var slotCount: Int { slots.count }

  mutating func removeAll() {
    text.removeAll()
    slots.removeAll()
    enriched = nil
  }

  /// Leaves room here for what depends on the view or the daemon.
  @inline(__always)
  mutating func place(_ kind: Slot, _ value: UInt32 = 0) {
    slots.append(Placed(offset: text.count, kind: kind, value: value))
  }

  /// Says what a slot did not know when it was placed.
  mutating func setValue(of index: Int, to value: UInt32) {
    let placed = slots[index]
    slots[index] = Placed(offset: placed.offset, kind: placed.kind, value: value)
  }

  @inline(__always)
  func slot(_ index: Int) -> Placed { slots[index] }
}
