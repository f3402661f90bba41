import Glibc

/// Why the collector cannot be reached, or cannot be one; `description` is a line with the cure.
public enum ControlError: Error, Equatable, CustomStringConvertible {
  /// Another collector holds the state directory.
  case heldBy(pid: String, directory: String)
  /// Nobody listens on the socket.
  case noCollector(socket: String)
  /// The socket's path does not fit into a socket address.
  case pathTooLong(String)
  /// The collector answered with an error.
  case refused(String)
  /// A system call failed.
  case system(what: String, code: Int32)

  /// What failed, and the cure, in one line.
  public var description: String {
    switch self {
    case .heldBy(let pid, let directory):
      "another collector (pid \(pid)) uses \(directory); stop it, or give this one its own "
        + "directory with --state"
    case .noCollector(let socket):
      "no collector answers at \(socket); start one with 'nestaudit run'"
    case .pathTooLong(let path):
      "\(path): too long for a socket; choose a shorter directory with --state"
    case .refused(let reason):
      "the collector refused: \(reason)"
    case .system(let what, let code):
      "\(what): \(String(cString: strerror(code)))"
        + (code == EACCES || code == EPERM ? "; run as root" : "")
    }
  }
}
