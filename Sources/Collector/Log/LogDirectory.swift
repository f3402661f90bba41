import Glibc

/// The directory of a container's log. What is in it is one container's: when another one takes its name, it is moved out
/// of the way.
struct LogDirectory {
  private let path: String
  private var ownerFile: String { path + "/container" }

  /// - Parameter log: path of the log in it.
  init(ofLog log: String) { path = String(log[..<(log.lastIndex(of: "/") ?? log.endIndex)]) }

  private init(path: String) { self.path = path }

  /// Makes the directory this container's.
  /// - Returns: where another one's logs are from now on, if there were some.
  func take(for owner: LogOwner) -> String? {
    var owner = owner
    var moved: String?
    if let earlier = self.owner, earlier.isSame(as: owner) {
      owner.started = earlier.started
    } else if let since = self.owner?.started ?? logTime {
      moved = move(since: since)
    }
    write(owner)
    return moved
  }

  /// Says that the container has ended.
  func end() {
    guard var owner else { return }
    owner.ended = Int64(time(nil))
    write(owner)
  }

  private var owner: LogOwner? {
    (try? TextFile.read(ownerFile)).flatMap { LogOwner($0, file: ownerFile) }
  }

  /// When a log was written to that says nothing of its owner.
  private var logTime: Int64? {
    var status = stat()
    return stat(path + "/audit.log", &status) == 0 ? Int64(status.st_mtim.tv_sec) : nil
  }

  private func move(since: Int64) -> String? {
    var seconds = time_t(since)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var stamp = [CChar](repeating: 0, count: 32)
    strftime(&stamp, stamp.count, "%Y%m%dT%H%M%SZ", &parts)
    let base =
      path + "." + String(decoding: stamp.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    var place = base
    var number = 1
    while TextFile.exists(place) {
      number += 1
      place = "\(base).\(number)"
    }
    if var earlier = owner, earlier.ended == nil {
      earlier.ended = Int64(time(nil))
      write(earlier)
    }
    return rename(path, place) == 0 ? place : nil
  }

  private func write(_ owner: LogOwner) {
    var made = ""
    for part in path.split(separator: "/") {
      made += "/" + part
      mkdir(made, 0o700)
    }
    let new = ownerFile + ".new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    let bytes = Array(owner.text.utf8)
    let isWhole = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    close(descriptor)
    if isWhole { rename(new, ownerFile) } else { unlink(new) }
  }

  // MARK: Old logs

  /// Removes the logs of containers that ended longer ago than their daemon keeps them.
  /// - Parameters:
  ///   - root: holds the directories of all logs.
  ///   - keep: seconds, by the daemon of the configuration; of one that is not there everything is kept.
  /// - Returns: the directories that are gone.
  static func removeOld(in root: String, keep: [String: Int64]) -> [String] {
    let now = Int64(time(nil))
    var removed: [String] = []
    for name in TextFile.names(in: root) ?? [] {
      let directory = LogDirectory(path: root + "/" + name)
      var status = stat()
      guard lstat(directory.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        continue
      }
      removed += removeOld(in: directory.path, keep: keep)
      guard let owner = directory.owner, let ended = owner.ended,
        let seconds = keep[owner.daemon], now - ended > seconds
      else { continue }
      for file in TextFile.names(in: directory.path) ?? []
      where file == "container" || file == "audit.log" || file.hasPrefix("audit.log.") {
        unlink(directory.path + "/" + file)
      }
      if rmdir(directory.path) == 0 { removed.append(directory.path) }
    }
    return removed
  }
}
