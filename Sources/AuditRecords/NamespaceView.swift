public import CNestaudit
import Synchronization

/// What a daemon may see, and by which numbers: the PID and user namespace of its container.
public final class NamespaceView: @unchecked Sendable {
  /// include/linux/highuid.h, DEFAULT_OVERFLOWUID: an id that the namespace does not map.
  public static let overflowID: UInt32 = 65534
  /// An id that was never set; the same in every view.
  public static let unsetID = UInt32.max

  /// Tells it from all others, before and after it.
  public let number = made.wrappingAdd(1, ordering: .relaxed).newValue
  private static let made = Atomic<UInt64>(0)

  /// Inode of the PID namespace; 0 for the first one, which a container may share with the host.
  public let pidns: UInt32
  /// Ids are the kernel's own.
  private let isHost: Bool
  private let uidMap: UnsafeBufferPointer<event_id_extent>
  private let gidMap: UnsafeBufferPointer<event_id_extent>

  /// The host's: every number as the kernel has it.
  public static let host = NamespaceView()

  private init() {
    pidns = 0
    isHost = true
    uidMap = UnsafeBufferPointer(start: nil, count: 0)
    gidMap = uidMap
  }

  /// - Parameters:
  ///   - pidns: inode of the PID namespace; 0 for the first one.
  ///   - uidMap: from the namespace's ids to the kernel's; empty maps nothing.
  public init(pidns: UInt32, uidMap: [event_id_extent], gidMap: [event_id_extent]) {
    func copy(_ map: [event_id_extent]) -> UnsafeBufferPointer<event_id_extent> {
      let memory = UnsafeMutableBufferPointer<event_id_extent>.allocate(capacity: map.count)
      _ = memory.initialize(from: map)
      return UnsafeBufferPointer(memory)
    }
    self.pidns = pidns
    isHost = false
    self.uidMap = copy(uidMap)
    self.gidMap = copy(gidMap)
  }

  deinit {
    uidMap.deallocate()
    gidMap.deallocate()
  }

  /// Tells one view from another without touching it.
  public var identity: UnsafeRawPointer {
    UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
  }

  /// Whether the task has a number in the view.
  @inline(__always)
  public func contains(_ process: ProcessEvent) -> Bool {
    pidns == 0 || numbers(of: process) != nil
  }

  /// Thread group; 0 outside the view.
  @inline(__always)
  public func pid(of process: ProcessEvent) -> UInt32 {
    pidns == 0 ? process.fixed.tgid : numbers(of: process)?.tgid ?? 0
  }

  /// Thread group of a target; 0 outside the view.
  @inline(__always)
  func pid(of target: TargetEvent) -> UInt32 { target.pid(in: pidns) }

  /// Thread group of the parent; 0 outside the view.
  @inline(__always)
  public func ppid(of process: ProcessEvent) -> UInt32 {
    pidns == 0 ? process.fixed.ppid : numbers(of: process)?.ppid ?? 0
  }

  /// A user id of the kernel in the view.
  @inline(__always)
  public func uid(_ kernel: UInt32) -> UInt32 {
    isHost ? kernel : Self.translate(kernel, uidMap)
  }

  /// A group id of the kernel in the view.
  @inline(__always)
  public func gid(_ kernel: UInt32) -> UInt32 {
    isHost ? kernel : Self.translate(kernel, gidMap)
  }

  @inline(__always)
  private func numbers(of process: ProcessEvent) -> event_pids? {
    for pids in process.pids where pids.ns == pidns { return pids }
    return nil
  }

  @inline(__always)
  private static func translate(
    _ id: UInt32, _ map: UnsafeBufferPointer<event_id_extent>
  ) -> UInt32 {
    if id == unsetID { return id }
    for extent in map where id >= extent.lower && id - extent.lower < extent.count {
      return extent.first &+ (id - extent.lower)
    }
    return overflowID
  }
}
