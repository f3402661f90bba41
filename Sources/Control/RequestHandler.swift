import CNestaudit
internal import Containers
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix

/// What all connections of a socket have in common.
struct Reception: Sendable {
  let socket: Peer.Socket
  let answers: ControlAnswers
  let workers: NIOThreadPool
  /// For reloads alone: the rest is answered meanwhile.
  let reloader: NIOThreadPool
  let groups: ConnectionGroups
  /// Of the containers; root may ask for several things at once.
  let turns: Turns?
}

/// One connection: a request a line, one at a time, an answer a line.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let idleLimit = TimeAmount.seconds(10)

  private let reception: Reception
  /// nil until it is known.
  private var peer: Peer?
  private var admission: ControlAdmission?
  private var pending: [UInt8] = []
  private var isAnswering = false
  private var isFinished = false
  private var deadline: Scheduled<Void>?

  init(_ reception: Reception) { self.reception = reception }

  func handlerAdded(context: ChannelHandlerContext) { restartDeadline(context) }

  func channelActive(context: ChannelHandlerContext) {
    receive(context)
    context.fireChannelActive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    if let admission { reception.groups.giveBack(admission) }
    admission = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isFinished else { return }
    pending.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    answerNext(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case .inputClosed? = event as? ChannelEvent else {
      return context.fireUserInboundEventTriggered(event)
    }
    isFinished = true
    answerNext(context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  // MARK: Who it is

  /// Asks the kernel at once, while the peer can hardly have gone.
  private func receive(_ context: ChannelHandlerContext) {
    let reception = reception
    let loop = context.eventLoop
    let here = NIOLoopBound((self, context), eventLoop: loop)
    Self.peer(of: context.channel, reception)
      .flatMap { peer in
        reception.workers.runIfActive(eventLoop: loop) { (peer, reception.answers.admission(peer)) }
      }
      .whenComplete { result in
        let (handler, context) = here.value
        guard context.channel.isActive else { return }
        guard case .success((let peer, let admission?)) = result else {
          return handler.refuse("stopping", context)
        }
        guard reception.groups.take(admission) else {
          return handler.refuse(
            "more connections than max_connections = \(admission.connections) of scope.conf allows",
            context)
        }
        handler.admission = admission
        handler.peer = peer
        handler.answerNext(context)
      }
  }

  private static func peer(
    of channel: any Channel, _ reception: Reception
  ) -> EventLoopFuture<Peer> {
    let unknown = Peer.unknown(reception.socket)
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededFuture(unknown)
    }
    let level = SocketOptionLevel(SOL_SOCKET)
    let credentials: EventLoopFuture<PeerCredentials> = socket.unsafeGetSocketOption(
      level: level, name: SocketOptionName(SO_PEERCRED))
    let asked: EventLoopFuture<Int32> = socket.unsafeGetSocketOption(
      level: level, name: SocketOptionName(nestaudit_so_peerpidfd))
    let descriptor = asked.map { Int32?.some($0) }
      // Before Linux 6.5 there is no such thing; a process that is gone has none.
      .flatMapErrorThrowing { error in
        guard (error as? IOError)?.errnoCode == ENOPROTOOPT else { throw error }
        return nil
      }
    return credentials.and(descriptor)
      .flatMap { credentials, pidfd in
        reception.workers.runIfActive(eventLoop: channel.eventLoop) {
          Peer(socket: reception.socket, credentials, pidfd: pidfd) ?? unknown
        }
      }
      .recover { _ in unknown }
  }

  // MARK: What it asks

  private func answerNext(_ context: ChannelHandlerContext) {
    guard !isAnswering, let peer else {
      // Whoever sends on without reading gets no more than one request ahead.
      if pending.count > Wire.longestRequest { refuseLong(context) }
      return
    }
    guard let end = pending.firstIndex(of: UInt8(ascii: "\n")), end <= Wire.longestRequest else {
      if pending.count > Wire.longestRequest {
        refuseLong(context)
      } else if isFinished {
        context.close(promise: nil)
      }
      return
    }
    let line = Array(pending[..<end])
    pending.removeSubrange(...end)
    isAnswering = true
    deadline?.cancel()
    let reception = reception
    let request = try? Wire.decode(Request.self, from: line)
    let pool = request?.op == "reload" ? reception.reloader : reception.workers
    let loop = context.eventLoop
    let here = NIOLoopBound((self, context), eventLoop: loop)
    let work: @Sendable () -> EventLoopFuture<Reply> = {
      pool.runIfActive(eventLoop: loop) { Reply(to: request, of: peer, reception) }
    }
    (reception.turns?.take(admission?.group ?? 0, on: loop, work) ?? work())
      .whenComplete { result in
        let (handler, context) = here.value
        let reply = (try? result.get()) ?? .failure("stopping")
        handler.write(reply.bytes, context).whenComplete { _ in
          let (handler, context) = here.value
          if let stream = reply.stream {
            LogStreaming.begin(stream, on: context.channel)
          } else {
            handler.isAnswering = false
            handler.restartDeadline(context)
            handler.answerNext(context)
          }
        }
      }
  }

  private func refuseLong(_ context: ChannelHandlerContext) {
    refuse("request too long: \(Wire.longestRequest) bytes at most", context)
  }

  /// Says why, and ends the connection.
  private func refuse(_ reason: String, _ context: ChannelHandlerContext) {
    guard !isFinished || peer == nil else { return }
    isFinished = true
    pending = []
    write(Reply.failure(reason).bytes, context).whenComplete { [channel = context.channel] _ in
      channel.close(promise: nil)
    }
  }

  private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
  }

  private func restartDeadline(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: Self.idleLimit) { channel.close(promise: nil) }
  }
}
