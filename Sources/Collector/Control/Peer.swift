public import Containers

/// Who is at the other end of a socket, by the kernel's word alone.
public struct Peer: Sendable {
  /// The socket that it has connected to.
  public enum Socket: Sendable {
    /// In the state directory: for root of the host.
    case root
    /// To be mounted into containers.
    case tenant
  }

  /// Where it asks.
  public var socket: Socket
  /// Its effective user when it connected, in the first user namespace.
  public var uid: UInt32
  /// Read while it was alive; pid 0 if it is not known.
  public var process: ProcessIdentity

  /// Someone.
  public init(socket: Socket, uid: UInt32, process: ProcessIdentity) {
    self.socket = socket
    self.uid = uid
    self.process = process
  }

  /// Whether it is in the collector's own user and PID namespaces.
  var isOfHost: Bool { process.sharesNamespaces(with: Identity.own) }

  var sender: SignalSource.Sender { SignalSource.Sender(uid: uid, process: process) }
}

/// Why something is not done, in auditctl's words where it has some.
public struct ControlRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line.
  public let description: String
  /// EPERM: another one might have been allowed to.
  public let isDenied: Bool

  init(_ description: String, isDenied: Bool = false) {
    self.description = description
    self.isDenied = isDenied
  }

  static func denied(_ reason: String) -> Self {
    Self("Operation not permitted: \(reason)", isDenied: true)
  }
}
