internal import Containers
import Glibc
import NIOCore
import NIOPosix

/// Answers requests on two sockets: the state directory's, for root only (0600), and one for containers (0666), on which
/// whoever asks may do what the answers let him.
public final class ControlServer: Sendable {
  private let group: MultiThreadedEventLoopGroup
  /// For each socket its own: what containers ask does not hold up root.
  private let pools: [NIOThreadPool]
  private let directory: StateDirectory
  private let channels: [any Channel]

  /// Begins to listen. To be called while no other thread makes directories: for a moment umask(2) is another.
  public static func start(
    state: StateDirectory, answers: ControlAnswers
  ) throws(ControlError) -> ControlServer {
    try ControlServer(state: state, answers: answers)
  }

  private init(state: StateDirectory, answers: ControlAnswers) throws(ControlError) {
    directory = state
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    self.group = group
    let pools = [1, 1, 8].map { NIOThreadPool(numberOfThreads: $0) }
    for pool in pools { pool.start() }
    self.pools = pools
    var channels: [any Channel] = []
    do {
      for (socket, workers) in [(Peer.Socket.root, pools[0]), (.tenant, pools[2])] {
        let reception = Reception(
          socket: socket, answers: answers, workers: workers, reloader: pools[1],
          groups: ConnectionGroups(), turns: socket == .tenant ? Turns() : nil)
        channels.append(try Self.listen(at: state.path(of: socket), group, reception))
      }
    } catch {
      for channel in channels { try? channel.close().wait() }
      for pool in pools { try? pool.syncShutdownGracefully() }
      try? group.syncShutdownGracefully()
      throw error
    }
    self.channels = channels
  }

  private static func listen(
    at path: String, _ group: MultiThreadedEventLoopGroup, _ reception: Reception
  ) throws(ControlError) -> any Channel {
    guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
      throw .pathTooLong(path)
    }
    // Whatever is there was left by a collector that is gone: this one holds the lock.
    unlink(path)
    let isRoots = reception.socket == .root
    let connections = ConnectionLimit(isRoots ? Wire.mostConnections : Wire.mostTenants)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Int32(isRoots ? 16 : 128))
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.take() else { throw ChannelError.connectTimeout(.zero) }
          channel.closeFuture.whenComplete { _ in connections.giveBack() }
          try channel.pipeline.syncOperations.addHandler(RequestHandler(reception))
        }
      }
    // Not by chmod(2): a container that may write to the directory could have put a link there.
    let before = umask(isRoots ? 0o177 : 0o111)
    defer { umask(before) }
    do {
      return try bootstrap.bind(unixDomainSocketPath: path).wait()
    } catch {
      throw .system(what: path, code: (error as? IOError)?.errnoCode ?? EIO)
    }
  }

  /// Closes the sockets and every connection, and removes the sockets. Blocks until that is done.
  public func stop() {
    for channel in channels { try? channel.close().wait() }
    for pool in pools { try? pool.syncShutdownGracefully() }
    try? group.syncShutdownGracefully()
    for socket in [Peer.Socket.root, .tenant] { unlink(directory.path(of: socket)) }
  }
}
