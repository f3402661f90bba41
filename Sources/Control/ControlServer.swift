import Glibc
import NIOCore
import NIOPosix

/// Answers `ps` on the state directory's socket, for root only (0600).
public final class ControlServer: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let workers: NIOThreadPool
  private let directory: StateDirectory
  private let channel: any Channel

  /// Begins to listen.
  /// - Parameter status: asked for every request, on a thread where it may block; nil when the
  ///   collector is on its way out.
  public static func start(
    state: StateDirectory, status: @escaping @Sendable () -> StatusReply?
  ) throws(ControlError) -> ControlServer {
    try ControlServer(state: state, status: status)
  }

  private init(
    state: StateDirectory, status: @escaping @Sendable () -> StatusReply?
  ) throws(ControlError) {
    let path = state.socketPath
    guard path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else {
      throw .pathTooLong(path)
    }
    // Whatever is there was left by a collector that is gone: this one holds the lock.
    unlink(path)
    directory = state
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    workers = NIOThreadPool(numberOfThreads: 1)
    workers.start()
    let connections = ConnectionLimit(Wire.mostConnections)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 16)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [workers] channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.take() else { throw ChannelError.connectTimeout(.zero) }
          channel.closeFuture.whenComplete { _ in connections.giveBack() }
          try channel.pipeline.syncOperations.addHandler(
            RequestHandler(workers: workers, status: status))
        }
      }
    do {
      channel = try bootstrap.bind(unixDomainSocketPath: path).wait()
    } catch {
      try? workers.syncShutdownGracefully()
      try? group.syncShutdownGracefully()
      throw .system(what: path, code: (error as? IOError)?.errnoCode ?? EIO)
    }
    // The directory is 0700, so nobody else could connect before this.
    guard chmod(path, 0o600) == 0 else {
      let code = errno
      stop()
      throw .system(what: path, code: code)
    }
  }

  /// Closes the socket and every connection, and removes the socket. Blocks until that is done.
  public func stop() {
    try? channel.close().wait()
    try? workers.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
    unlink(directory.socketPath)
  }
}
