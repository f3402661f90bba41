internal import Containers
import Glibc

/// struct ucred of unix(7), which glibc shows to _GNU_SOURCE alone.
struct PeerCredentials: Sendable {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32
}

extension Peer {
  /// Looks up who a socket says has connected, while a descriptor keeps its number from being given to another.
  /// - Parameter pidfd: of the peer, where the kernel gives one (SO_PEERPIDFD); it is closed. Otherwise nil: then its
  ///   number could have been another's before it is held here.
  /// - Returns: nil if the process is gone, or is not the one that connected.
  init?(socket: Socket, _ credentials: PeerCredentials, pidfd: Int32?) {
    let pid = UInt32(bitPattern: credentials.pid)
    guard let held = pidfd.map({ ProcessHandle(pid, descriptor: $0) }) ?? ProcessHandle(pid) else {
      return nil
    }
    let process = ProcessIdentity(of: pid)
    // As long as the descriptor's process has not ended, what was read was its own.
    guard held.isAlive, Self.pid(of: held.descriptor) == credentials.pid else { return nil }
    self.init(socket: socket, uid: credentials.uid, process: process, held: held)
  }

  /// What /proc/self/fdinfo says: -1 for one that is reaped.
  private static func pid(of pidfd: Int32) -> Int32? {
    guard let file = fopen("/proc/self/fdinfo/\(pidfd)", "re") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(
        decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("Pid:") else { continue }
      return Int32(text.dropFirst(4).drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
    }
    return nil
  }
}
