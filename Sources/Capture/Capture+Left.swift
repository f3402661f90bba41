public import CNestaudit

/// What an earlier collector has left in the kernel, and what becomes of it.
extension Capture {
  /// Takes over what an earlier collector has left: no policy of its is asked from here on, all that the gate lets pass is
  /// captured, and nothing of it is at work any more when this returns.
  /// - Parameter position: up to where events were taken for good.
  public func takeOver(at position: UInt64) {
    ring?.skip(to: position)
    control.pointee.undecided = 1
    control.pointee.host = UInt32(POLICY_UNDECIDED)
    control.pointee.generation &+= 1
    nestaudit_wait_for_grace_period()
  }

  /// Has the tables asked again.
  public func decide() {
    control.pointee.undecided = 0
    control.pointee.generation &+= 1
  }

  /// What another version has left in its ring, and cannot be read here.
  public struct Stranger: Sendable {
    /// Its `version`.
    public let version: String
    /// Events that are lost.
    public let events: UInt64
    /// … and their bytes.
    public let bytes: UInt64
  }

  /// Takes other versions out of the kernel, once this one is attached; needs no more than CAP_BPF.
  public func removeStrangers() -> [Stranger] {
    defer { strangers = [] }
    return strangers.map { objects in
      // Its ring is mapped before it goes, and looked at once nothing writes to it any more.
      let ring = LeftRing(of: objects)
      objects.removeAll()
      nestaudit_wait_for_grace_period()
      let left = ring.left
      return Stranger(version: objects.name, events: left.events, bytes: left.bytes)
    }
  }
}
