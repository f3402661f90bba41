public import Containers
import Glibc

/// What a process is in.
public struct ContidResult: Sendable {
  /// Its contid and those around it, innermost first; empty for none.
  public let contids: [UInt64]
  /// The name of the innermost container.
  public let container: String?
}

/// What came of announcing a container.
public struct AnnouncedContainer: Sendable {
  /// Its name.
  public let name: String
  /// The daemons that stand for it.
  public let daemons: [String]
  /// They are there, and all that happens in it from here on is theirs.
  public let isReady: Bool
}

/// Container identifiers and births. Processes have the numbers that the peer knows them by. All of it blocks the caller.
extension Mailbox {
  /// The container that a process is in, as far as the peer may know.
  public func contid(
    of process: UInt32, by peer: Peer
  ) throws(ControlRefusal) -> ContidResult {
    let handle = Self.find(process, by: peer)
    guard case .contid(let contids, let name) = try ask(.contids(of: handle), by: peer) else {
      throw ControlRefusal("stopping")
    }
    return ContidResult(contids: contids, container: name)
  }

  /// Declares a process, so that it and all that it makes are a container.
  /// - Parameter owner: the orchestrator; nil is the peer's parent.
  public func setContid(
    _ number: UInt64, of process: UInt32, from owner: UInt32?, by peer: Peer
  ) throws(ControlRefusal) {
    let target = Self.find(process, by: peer)
    let asking = ProcessHandle(peer.process.pid)
    let parent = ProcessHandle.parent(of: peer.process.pid)
    let handle =
      owner.map { Self.find($0, by: peer) } ?? parent.flatMap(ProcessHandle.init)
    // The peer waits for the answer: what it comes from can hardly change meanwhile.
    let orchestrator = handle.flatMap { handle in
      handle.pid == asking?.pid || asking?.descends(from: handle.pid) == true ? handle : nil
    }
    let wish = ContidWish(
      number: number, process: target, owner: orchestrator.map { ProcessIdentity(of: $0.pid) },
      isDescendant: orchestrator.map { target?.descends(from: $0.pid) == true } ?? false)
    guard case .done = try ask(.declare(wish), by: peer) else { throw ControlRefusal("stopping") }
  }

  /// A process by a number of the peer's. All of /proc may have to be read for that, which for a container takes an eleventh of
  /// the time at most: it can ask again and again.
  private static func find(_ number: UInt32, by peer: Peer) -> ProcessHandle? {
    let before = Clock.read(CLOCK_THREAD_CPUTIME_ID)
    let handle = ProcessHandle(number, seenBy: peer.process)
    if peer.socket == .tenant {
      let used = Clock.read(CLOCK_THREAD_CPUTIME_ID) - before
      usleep(UInt32(clamping: 10 * used / 1000))
    }
    return handle
  }

  /// Has a container known before its first instruction.
  /// - Parameter process: the one that its runtime has made for it.
  public func announce(
    _ process: UInt32, by peer: Peer
  ) throws(ControlRefusal) -> AnnouncedContainer {
    let handle = Self.find(process, by: peer)
    guard
      case .begun(let name, let daemons, let isReady) = try ask(.announce(handle), by: peer)
    else { throw ControlRefusal("stopping") }
    return AnnouncedContainer(name: name, daemons: daemons, isReady: isReady)
  }
}
