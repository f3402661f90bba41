import Glibc

/// Why a log cannot be written, with the cure.
public struct LogError: Error, CustomStringConvertible {
  /// What failed, why, and the cure, in one line.
  public let description: String

  init(_ path: String, _ call: String, errno code: Int32) {
    let cure =
      switch code {
      case EACCES, EPERM, EROFS: "choose a writable place with --log-dir or log_directory"
      case ENOSPC, EDQUOT: "make room, or choose another place with --log-dir"
      case ELOOP: "a log must not be a symbolic link; remove it"
      case ENOTDIR: "a part of the path is no directory"
      default: "see \(call)(2)"
      }
    description = "\(path): \(String(cString: strerror(code))) (\(call)); \(cure)"
  }
}
