import CNestaudit
public import Containers
import Glibc

/// Which of the sockets somebody has connected to.
public enum ControlSocket: Sendable {
  /// `control.sock`, for root alone.
  case root
  /// `tenant/nestaudit.sock`, for everybody whom the collector lets.
  case tenant
}

/// Who is at the other end of a connection, by the kernel's word alone.
public struct ControlPeer: Equatable, Sendable {
  /// Where it has connected.
  public var socket: ControlSocket
  /// Its effective user when it connected, in the first user namespace (unix(7), SO_PEERCRED): what the process
  /// becomes later, as by a set-user-ID program, it is not here.
  public var uid: UInt32
  /// Read while it was alive; pid 0 if that is not known.
  public var process: ProcessIdentity

  /// A peer.
  public init(socket: ControlSocket, uid: UInt32, process: ProcessIdentity) {
    self.socket = socket
    self.uid = uid
    self.process = process
  }

  /// The socket cannot tell.
  static func unknown(_ socket: ControlSocket) -> ControlPeer {
    ControlPeer(socket: socket, uid: .max, process: ProcessIdentity(of: 0))
  }
}

/// struct ucred of unix(7), which glibc shows to _GNU_SOURCE alone.
struct PeerCredentials: Sendable {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32
}

extension ControlPeer {
  /// Looks up who a socket says has connected, while a descriptor keeps its number from being given to another.
  /// - Parameter pidfd: of the peer, where the kernel gives one (SO_PEERPIDFD); it is closed. Otherwise nil: then its
  ///   number could have been another's before it is held here.
  /// - Returns: nil if the process is gone, or is not the one that connected.
  init?(socket: ControlSocket, _ credentials: PeerCredentials, pidfd: Int32?) {
    let held = pidfd ?? nestaudit_pidfd_open(credentials.pid)
    guard held >= 0 else { return nil }
    defer { close(held) }
    let process = ProcessIdentity(of: UInt32(bitPattern: credentials.pid))
    // As long as the descriptor's process has not ended, what was read was its own.
    guard Self.isAlive(held), Self.pid(of: held) == credentials.pid else { return nil }
    self.init(socket: socket, uid: credentials.uid, process: process)
  }

  /// pidfd_open(2): a pidfd can be read when the process has ended.
  private static func isAlive(_ pidfd: Int32) -> Bool {
    var state = pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0)
    return poll(&state, 1, 0) == 0
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
