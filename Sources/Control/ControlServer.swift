import Glibc
import NIOCore
import NIOPosix

/// Answers requests on the state directory's socket, for root only (0600).
public final class ControlServer: Sendable {
  private let group: MultiThreadedEventLoopGroup
  private let workers: NIOThreadPool
  /// For reloads alone: the rest is answered meanwhile.
  private let reloader: NIOThreadPool
  private let directory: StateDirectory
  private let channel: any Channel

  /// Begins to listen.
  public static func start(
    state: StateDirectory, answers: ControlAnswers
  ) throws(ControlError) -> ControlServer {
    try ControlServer(state: state, answers: answers)
  }

  private init(state: StateDirectory, answers: ControlAnswers) throws(ControlError) {
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
    reloader = NIOThreadPool(numberOfThreads: 1)
    reloader.start()
    let connections = ConnectionLimit(Wire.mostConnections)
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 16)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { [workers, reloader] channel in
        channel.eventLoop.makeCompletedFuture {
          guard connections.take() else { throw ChannelError.connectTimeout(.zero) }
          channel.closeFuture.whenComplete { _ in connections.giveBack() }
          try channel.pipeline.syncOperations.addHandler(
            RequestHandler(workers: workers, reloader: reloader, answers: answers))
        }
      }
    do {
      channel = try bootstrap.bind(unixDomainSocketPath: path).wait()
    } catch {
      try? workers.syncShutdownGracefully()
      try? reloader.syncShutdownGracefully()
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
    try? reloader.syncShutdownGracefully()
    try? group.syncShutdownGracefully()
    unlink(directory.socketPath)
  }
}
