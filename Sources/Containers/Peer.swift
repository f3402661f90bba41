/// Who is at the other end of one of the collector's sockets, by the kernel's word alone.
public struct Peer: Sendable {
  /// Which of the sockets it has connected to.
  public enum Socket: Sendable {
    /// `control.sock`, for root of the host alone.
    case root
    /// `tenant/nestaudit.sock`, which can be mounted into containers: for everybody whom the collector lets.
    case tenant
  }

  /// Where it has connected.
  public var socket: Socket
  /// Its effective user when it connected, in the first user namespace (unix(7), SO_PEERCRED): what the process
  /// becomes later, as by a set-user-ID program, it is not here.
  public var uid: UInt32
  /// Read while it was alive; pid 0 if that is not known.
  public var process: ProcessIdentity
  /// The same process, so that its end is noticed; nil if it is not known.
  public var held: ProcessHandle?

  /// A peer.
  public init(
    socket: Socket, uid: UInt32, process: ProcessIdentity, held: ProcessHandle? = nil
  ) {
    self.socket = socket
    self.uid = uid
    self.process = process
    self.held = held
  }

  /// It has ended, or it ends: what is known of its number may be another's. Its connection may have been handed on.
  public var hasEnded: Bool { held?.isEnding ?? true }

  /// The socket cannot tell.
  public static func unknown(_ socket: Socket) -> Peer {
    Peer(socket: socket, uid: .max, process: ProcessIdentity(of: 0))
  }
}
