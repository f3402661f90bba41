import NIOCore
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

/// One request of each container at a time: whoever asks for much keeps one thread waiting, and not all of them.
final class Turns: Sendable {
  private struct Group {
    var last: EventLoopFuture<Void>
    var waiting: Int
  }

  private let groups = Mutex<[UInt64: Group]>([:])

  /// Does it once all that was asked for before by the same group is done.
  func take<Value: Sendable>(
    _ group: UInt64, on loop: any EventLoop,
    _ work: @escaping @Sendable () -> EventLoopFuture<Value>
  ) -> EventLoopFuture<Value> {
    groups.withLock { groups in
      let before = groups[group]
      let result = (before?.last ?? loop.makeSucceededVoidFuture()).flatMap(work)
      groups[group] = Group(
        last: result.map { _ in }.recover { _ in }, waiting: (before?.waiting ?? 0) + 1)
      return result
    }
    .always { [self] _ in
      groups.withLock { groups in
        groups[group]?.waiting -= 1
        if groups[group]?.waiting == 0 { groups[group] = nil }
      }
    }
  }
}
