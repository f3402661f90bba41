import CNestaudit
internal import Containers
import Glibc
import Logging

/// Notices when a path of a rule may lead elsewhere: a change in a directory on the way (inotify), or a mount in
/// its container (/proc/PID/mountinfo, proc_pid_mountinfo(5)).
final class PathFollower {
  private static let mask =
    UInt32(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
    | UInt32(IN_ONLYDIR)
  private static let selfMask = UInt32(IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)
  /// Read at a time: a container that makes changes without end must not keep the collector busy.
  private static let bufferSize = 1 << 16

  private final class Followed {
    let set: WatchSet
    var watches: Set<Int32> = []
    var names: Set<String> = []

    init(_ set: WatchSet) { self.set = set }
  }

  private final class MountTable {
    let descriptor: Int32
    var sets: [ObjectIdentifier: WatchSet] = [:]

    init(_ descriptor: Int32) { self.descriptor = descriptor }
  }

  private let logger: Logger
  private let inotify: Int32
  private var followed: [ObjectIdentifier: Followed] = [:]
  /// Whose change a watch of inotify's tells.
  private var sets: [Int32: Set<ObjectIdentifier>] = [:]
  private var mounts: [UInt32: MountTable] = [:]
  private var stale: [WatchSet] = []
  private var isLimitSaid = false

  /// Sets for which inotify had no room: they have to be looked up again and again.
  private(set) var unfollowed: [WatchSet] = []

  /// Told of a mount table that is to be waited for (EPOLLPRI), or not any more.
  var onMountTable: (_ descriptor: Int32, _ isNew: Bool) -> Void = { _, _ in } {
    didSet { for table in mounts.values { onMountTable(table.descriptor, true) } }
  }

  init(logger: Logger) {
    self.logger = logger
    inotify = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
  }

  deinit {
    close(inotify)
    for table in mounts.values { close(table.descriptor) }
  }

  /// Readable when a directory has changed.
  var descriptor: Int32 { inotify }

  func begin(_ set: WatchSet) {
    let id = ObjectIdentifier(set)
    followed[id] = Followed(set)
    if let table = mounts[set.instance] {
      table.sets[id] = set
      return
    }
    let opened = open("/proc/\(set.root.process)/mountinfo", O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return }
    let table = MountTable(opened)
    table.sets[id] = set
    mounts[set.instance] = table
    onMountTable(opened, true)
  }

  func end(_ set: WatchSet) {
    let id = ObjectIdentifier(set)
    if let entry = followed.removeValue(forKey: id) {
      for watch in entry.watches { drop(watch, of: id) }
    }
    unfollowed.removeAll { $0 === set }
    stale.removeAll { $0 === set }
    guard let table = mounts[set.instance] else { return }
    table.sets[id] = nil
    if table.sets.isEmpty {
      onMountTable(table.descriptor, false)
      close(table.descriptor)
      mounts[set.instance] = nil
    }
  }

  /// Follows these directories for a set from now on, and no others.
  func follow(_ set: WatchSet, _ directories: WalkedDirectories) {
    let id = ObjectIdentifier(set)
    guard let entry = followed[id] else { return }
    var watches: Set<Int32> = []
    var failed = false
    for descriptor in directories.descriptors {
      let watch = inotify_add_watch(inotify, "/proc/self/fd/\(descriptor)", Self.mask)
      if watch < 0 {
        failed = failed || errno == ENOSPC
        continue
      }
      watches.insert(watch)
      sets[watch, default: []].insert(id)
    }
    // What happened in a new directory before it was watched has to be looked for.
    if !watches.isSubset(of: entry.watches) { mark(set) }
    for watch in entry.watches.subtracting(watches) { drop(watch, of: id) }
    entry.watches = watches
    entry.names = directories.names
    unfollowed.removeAll { $0 === set }
    if failed { lackRoom(for: set) }
  }

  private func lackRoom(for set: WatchSet) {
    unfollowed.append(set)
    guard !isLimitSaid else { return }
    isLimitSaid = true
    logger.warning(
      "no more inotify watches: some paths of rules are looked up once a second instead; raise fs.inotify.max_user_watches"
    )
  }

  private func drop(_ watch: Int32, of id: ObjectIdentifier) {
    sets[watch]?.remove(id)
    guard sets[watch]?.isEmpty ?? false else { return }
    sets[watch] = nil
    inotify_rm_watch(inotify, watch)
  }

  /// Takes what there is to be read from a descriptor; false if it is none of the follower's.
  @discardableResult
  func take(_ ready: Int32) -> Bool {
    if ready == inotify {
      readChanges()
      return true
    }
    guard let table = mounts.values.first(where: { $0.descriptor == ready }) else { return false }
    for set in table.sets.values { mark(set) }
    return true
  }

  private func readChanges() {
    withUnsafeTemporaryAllocation(byteCount: Self.bufferSize, alignment: 8) { buffer in
      let count = read(inotify, buffer.baseAddress, buffer.count)
      var at = 0
      while at + MemoryLayout<inotify_event>.size <= count {
        let event = buffer.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
        let start = at + MemoryLayout<inotify_event>.size
        at = start + Int(event.len)
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
          for entry in followed.values { mark(entry.set) }
          continue
        }
        let name = String(path: buffer[start..<at].prefix { $0 != 0 })
        take(event, name)
      }
    }
  }

  private func take(_ event: inotify_event, _ name: String) {
    for id in sets[event.wd] ?? [] {
      guard let entry = followed[id] else { continue }
      if event.mask & Self.selfMask != 0 || entry.names.contains(name) { mark(entry.set) }
      if event.mask & UInt32(IN_IGNORED) != 0 { entry.watches.remove(event.wd) }
    }
    if event.mask & UInt32(IN_IGNORED) != 0 { sets[event.wd] = nil }
  }

  private func mark(_ set: WatchSet) {
    guard !set.isStale else { return }
    set.isStale = true
    stale.append(set)
  }

  /// Whether something has changed and was not taken yet.
  var hasStale: Bool { !stale.isEmpty }

  /// The sets that have to be looked up again, and may be by now.
  func takeStale(notBefore now: Int64) -> [WatchSet] {
    guard hasStale else { return [] }
    let due = stale.filter { $0.notBefore <= now }
    stale.removeAll { $0.notBefore <= now }
    for set in due { set.isStale = false }
    return due
  }
}
