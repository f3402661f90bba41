import CNestaudit
import Glibc

/// Where a collector has its kept file: in memory, so that nobody who writes to it waits for a disk.
enum KeptPlace {
  private static let shared = "/dev/shm"

  /// The state directory where that is in memory, as /run is; else one of root's own in /dev/shm; where there is none, the
  /// state directory all the same.
  static func directory(state: String) -> String {
    if nestaudit_is_in_memory(state) != 0 || nestaudit_is_in_memory(shared) == 0 { return state }
    let name = String(state.map { $0 == "/" || $0 == "." ? "-" : $0 }.suffix(200))
    let directory = shared + "/nestaudit" + name
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { return state }
    // Anybody can make one there.
    var status = stat()
    guard lstat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == 0,
      status.st_mode & 0o077 == 0
    else { return state }
    return directory
  }

  /// Removes what `directory` has made, once nothing is in it.
  static func remove(_ directory: String) {
    if directory.hasPrefix(shared + "/nestaudit") { rmdir(directory) }
  }
}
