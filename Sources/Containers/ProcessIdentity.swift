import CNestaudit
import Glibc

/// Who a process is and where, as /proc tells it.
///
/// It is read piece by piece: only who holds the process's number, by a pidfd or by being it, can be certain that all
/// of it is of one process.
public struct ProcessIdentity: Sendable, Equatable, Codable {
  /// What one PID namespace calls the process.
  public struct Number: Sendable, Equatable, Codable {
    /// Inode of the namespace.
    public let namespace: UInt32
    /// The process there.
    public let pid: UInt32
  }

  /// In the first PID namespace; 0 for one that is not known.
  public let pid: UInt32
  /// Who logged in, 4294967295 if nobody did.
  public let auid: UInt32
  /// Of the login.
  public let session: UInt32
  /// The security label, where an LSM gives one.
  public let label: String?
  /// Path of its cgroup in the v2 hierarchy; nil if it is gone.
  public let cgroup: String?
  /// When it began, in ticks since the machine did; nil if it is gone. With the number it tells it from every other one.
  public let began: UInt64?
  /// The innermost namespace's first.
  public let numbers: [Number]
  /// Inode of its user namespace; nil if it is gone.
  public let userNamespace: UInt32?

  /// Looks a process up; what is gone, or 0, has nothing.
  public init(of pid: UInt32) {
    self.pid = pid
    auid = Self.number("/proc/\(pid)/loginuid")
    session = Self.number("/proc/\(pid)/sessionid")
    label = Self.label(of: pid)
    cgroup = ProcessFile.cgroupPath(pid)
    began = ProcessFile.statField(pid, 22)
    numbers = Self.numbers(of: pid)
    userNamespace = ProcessFile.namespace(pid, "user")
  }

  /// Its number in a PID namespace; nil if it has none there.
  public func pid(in namespace: UInt32) -> UInt32? {
    numbers.first { $0.namespace == namespace }?.pid
  }

  /// Whether it is in the same user namespace as another one, and in the same innermost PID namespace.
  public func sharesNamespaces(with other: ProcessIdentity) -> Bool {
    guard let userNamespace, let namespace = numbers.first?.namespace else { return false }
    return userNamespace == other.userNamespace && namespace == other.numbers.first?.namespace
  }

  private static func numbers(of pid: UInt32) -> [Number] {
    guard let status = ProcessFile.lines("/proc/\(pid)/status") else { return [] }
    var numbers: [Number] = []
    var namespace = open("/proc/\(pid)/ns/pid", O_RDONLY | O_CLOEXEC)
    for number in ProcessFile.numbers(status, "NSpid").reversed() where namespace >= 0 {
      var file = stat()
      guard fstat(namespace, &file) == 0 else { break }
      numbers.append(Number(namespace: UInt32(truncatingIfNeeded: file.st_ino), pid: number))
      let outer = nestaudit_outer_namespace(namespace)
      close(namespace)
      namespace = outer
    }
    if namespace >= 0 { close(namespace) }
    return numbers
  }

  private static let labelLimit = 1024

  /// As the LSM prints it; nil if none gives one, or it is nothing for a log.
  private static func label(of pid: UInt32) -> String? {
    guard let file = fopen("/proc/\(pid)/attr/current", "re") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: labelLimit)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let bytes = text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The number in a file of /proc, 4294967295 (unset) if there is none.
  public static func number(_ path: String) -> UInt32 {
    guard let file = fopen(path, "re") else { return .max }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 16)
    guard fgets(&text, Int32(text.count), file) != nil else { return .max }
    return UInt32(strtoul(text, nil, 10))
  }
}
