internal import AuditRules
import CNestaudit
internal import Capture
import Glibc
import Logging

/// The paths that rules ask for, in the root of each daemon's container, as the kernel's tables have them.
final class WatchTable {
  struct SetKey: Hashable {
    let instance: UInt32
    let version: UInt32
  }

  private let capture: Capture
  private let logger: Logger
  private let outside: Outside
  private(set) var sets: [SetKey: WatchSet] = [:]
  /// How many keys ask for a file, and how many for a name in a directory.
  private var uses: [WatchedFile: (files: Int, names: Int)] = [:]
  /// Keys that found no room.
  private var unwritten: Set<UnwrittenKey> = []

  private struct UnwrittenKey: Hashable {
    let set: SetKey
    let key: WatchKey
  }

  private struct WatchedFile: Hashable {
    let ino: UInt64
    let dev: UInt32
  }

  let follower: PathFollower
  /// Told when the kernel's tables have not room for all keys, and when they have again.
  var onRoom: (Bool) -> Void = { _ in }

  init(capture: Capture, logger: Logger, outside: Outside) {
    self.outside = outside
    self.capture = capture
    self.logger = logger
    follower = PathFollower(logger: logger)
  }

  /// The set of a ruleset in a root, looked up if it is not there yet; to be given back with `release`.
  /// - Parameters:
  ///   - instance: tells the root from others.
  ///   - version: of the ruleset in the kernel.
  func hold(
    _ paths: [WatchPath], instance: UInt32, version: UInt32, root: WatchRoot
  ) -> WatchSet {
    let key = SetKey(instance: instance, version: version)
    let set =
      sets[key]
      ?? WatchSet(
        paths: paths, instance: instance, version: version, root: root)
    if set.uses == 0 {
      sets[key] = set
      if outside.replayed == nil { follower.begin(set) }
      update(set)
    }
    set.uses += 1
    return set
  }

  private func setKey(_ set: WatchSet) -> SetKey {
    SetKey(instance: set.instance, version: set.version)
  }

  func release(_ set: WatchSet) {
    set.uses -= 1
    guard set.uses == 0 else { return }
    sets[setKey(set)] = nil
    follower.end(set)
    for key in set.keys.keys { remove(key, from: set) }
  }

  /// Forgets what an earlier collector's rules have asked for, once ours are there.
  func forgetOthers() {
    for (key, _) in capture.watches.entries()
    where sets[SetKey(instance: key.instance, version: key.version)] == nil {
      capture.watches.remove(key)
    }
    for (key, flags) in capture.watched.entries() {
      let now = Self.flags(uses[WatchedFile(ino: key.ino, dev: key.dev)] ?? (0, 0))
      if now == 0 {
        capture.watched.remove(key)
      } else if now != flags {
        try? capture.watched.set(key, now)
      }
    }
  }

  /// Looks up again what has changed since the last call. A container that makes changes without end takes at most an
  /// eleventh of the time.
  /// - Returns: whether something that has changed is left for later.
  func followChanges() -> Bool {
    let now = Clock.read(CLOCK_MONOTONIC)
    for set in follower.takeStale(notBefore: now) {
      let start = Clock.read(CLOCK_MONOTONIC)
      update(set)
      let end = Clock.read(CLOCK_MONOTONIC)
      set.notBefore = end + 10 * (end - start)
    }
    return follower.hasStale
  }

  /// A recording has said where the paths of a container, or of the host, lead from here on.
  func follow(replayed contid: UInt64) {
    for set in sets.values where set.root.contid == contid { update(set) }
  }

  /// Looks up again what cannot be followed, for want of inotify watches.
  func lookAgain() {
    for set in follower.unfollowed where set.uses > 0 { update(set) }
  }

  /// What is new is there before what is old goes.
  private func update(_ set: WatchSet) {
    if let replayed = outside.replayed { return set.resolve(by: replayed) }
    let old = set.keys
    guard let directories = set.resolve(capture.identifier) else { return }
    outside.recorder?.watches(set)
    follower.follow(set, directories)
    directories.close()
    for (key, paths) in set.keys where old[key] != paths {
      write(key, paths, of: set, isNew: old[key] == nil)
    }
    for key in old.keys where set.keys[key] == nil { remove(key, from: set) }
  }

  private func write(_ key: WatchKey, _ numbers: [UInt16], of set: WatchSet, isNew: Bool) {
    var paths = watch_paths()
    paths.count = UInt16(min(numbers.count, Int(WATCH_PATHS_MAX) + 1))
    withUnsafeMutableBytes(of: &paths.path) { bytes in
      for (index, number) in numbers.prefix(Int(WATCH_PATHS_MAX)).enumerated() {
        bytes.storeBytes(of: number, toByteOffset: index * 2, as: UInt16.self)
      }
    }
    do {
      try capture.watches.set(key.kernelKey(of: set), paths)
      if isNew { try count(key, by: 1) }
    } catch {
      if unwritten.isEmpty {
        logger.warning("every event for which a rule names a path is passed on: \(error)")
      }
      unwritten.insert(UnwrittenKey(set: setKey(set), key: key))
      onRoom(false)
    }
  }

  private func remove(_ key: WatchKey, from set: WatchSet) {
    let unwrittenKey = UnwrittenKey(set: setKey(set), key: key)
    capture.watches.remove(key.kernelKey(of: set))
    if unwritten.remove(unwrittenKey) != nil {
      // The others still have none: what has got free is for those that come.
      if unwritten.isEmpty { onRoom(true) }
      return
    }
    try? count(key, by: -1)
  }

  private func count(_ key: WatchKey, by change: Int) throws(CaptureError) {
    let file = WatchedFile(ino: key.ino, dev: key.dev)
    var now = uses[file] ?? (0, 0)
    let before = Self.flags(now)
    if key.name == 0 { now.files += change } else { now.names += change }
    let flags = Self.flags(now)
    let kernelKey = file_key(ino: key.ino, dev: key.dev, pad: 0)
    if flags == 0 {
      capture.watched.remove(kernelKey)
    } else if flags != before {
      try capture.watched.set(kernelKey, flags)
    }
    uses[file] = flags == 0 ? nil : now
  }

  private static func flags(_ uses: (files: Int, names: Int)) -> UInt32 {
    (uses.files > 0 ? WATCHED_FILE.rawValue : 0) | (uses.names > 0 ? WATCHED_NAMES.rawValue : 0)
  }
}

extension WatchKey {
  fileprivate func kernelKey(of set: WatchSet) -> watch_key {
    watch_key(
      ino: ino, name: name, dev: dev, instance: set.instance, version: set.version, pad: 0)
  }
}
