import Synchronization

/// How many connections are open; one over the limit is closed at once.
final class ConnectionLimit: Sendable {
  private let open = Atomic<Int>(0)
  private let most: Int

  init(_ most: Int) { self.most = most }

  func take() -> Bool {
    if open.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
    giveBack()
    return false
  }

  func giveBack() { open.wrappingSubtract(1, ordering: .relaxed) }
}

/// How many connections each container has.
final class ConnectionGroups: Sendable {
  private let open = Mutex<[UInt64: Int]>([:])

  /// Counts one; false if there are as many as there may be.
  func take(_ admission: ControlAdmission) -> Bool {
    open.withLock { open in
      let count = open[admission.group] ?? 0
      guard count < admission.connections else { return false }
      open[admission.group] = count + 1
      return true
    }
  }

  func giveBack(_ admission: ControlAdmission) {
    open.withLock { open in
      let count = open[admission.group] ?? 0
      open[admission.group] = count > 1 ? count - 1 : nil
    }
  }
}
