import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// How many connections are open; one over the limit is closed at once.
final class ConnectionLimit: Sendable {
  private let open = Atomic<Int>(0)
  private let most: Int

  init(_ most: Int) { self.most = most }

  func take() -> Bool {
    if open.wrappingAdd(1, ordering: .relaxed).newValue <= most { return true }
    giveBack()
    return false
  }

  func giveBack() { open.wrappingSubtract(1, ordering: .relaxed) }
}

/// struct ucred of unix(7), which glibc shows to _GNU_SOURCE alone.
private struct PeerCredentials: Sendable {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32
}

/// One connection: a request a line, one at a time, an answer a line.
final class RequestHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private static let idleLimit = TimeAmount.seconds(10)

  private let workers: NIOThreadPool
  private let reloader: NIOThreadPool
  private let answers: ControlAnswers
  private var pending: [UInt8] = []
  private var isAnswering = false
  private var isFinished = false
  private var deadline: Scheduled<Void>?

  init(workers: NIOThreadPool, reloader: NIOThreadPool, answers: ControlAnswers) {
    self.workers = workers
    self.reloader = reloader
    self.answers = answers
  }

  func handlerAdded(context: ChannelHandlerContext) { restartDeadline(context) }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    pending.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    guard !isFinished else { return }
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

  private func answerNext(_ context: ChannelHandlerContext) {
    guard !isAnswering else {
      // Whoever sends on without reading gets no more than one request ahead.
      if pending.count > Wire.longestRequest { context.close(promise: nil) }
      return
    }
    guard let end = pending.firstIndex(of: UInt8(ascii: "\n")) else {
      if isFinished {
        context.close(promise: nil)
      } else if pending.count > Wire.longestRequest {
        isFinished = true
        write(Self.failure("request too long"), context).whenComplete {
          [channel = context.channel]
          _ in channel.close(promise: nil)
        }
      }
      return
    }
    let line = Array(pending[..<end])
    pending.removeSubrange(...end)
    isAnswering = true
    deadline?.cancel()
    let answers = answers
    let request = try? Wire.decode(Request.self, from: line)
    let pool = request?.op == "reload" ? reloader : workers
    let loop = context.eventLoop
    let here = NIOLoopBound((self, context), eventLoop: loop)
    Self.peer(of: context.channel)
      .flatMap { peer in
        pool.runIfActive(eventLoop: loop) { Self.answer(request, of: peer, answers) }
      }
      .whenComplete { result in
        let (handler, context) = here.value
        let bytes = (try? result.get()) ?? Self.failure("stopping")
        handler.write(bytes, context).whenComplete { _ in
          let (handler, context) = here.value
          handler.isAnswering = false
          handler.restartDeadline(context)
          handler.answerNext(context)
        }
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

  private static func peer(of channel: any Channel) -> EventLoopFuture<ControlPeer> {
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeSucceededFuture(.unknown)
    }
    let peer: EventLoopFuture<PeerCredentials> = socket.unsafeGetSocketOption(
      level: SocketOptionLevel(SOL_SOCKET), name: SocketOptionName(SO_PEERCRED))
    return peer.map { ControlPeer(pid: UInt32(bitPattern: $0.pid), uid: $0.uid) }
      .recover { _ in .unknown }
  }

  private static func answer(
    _ request: Request?, of peer: ControlPeer, _ answers: ControlAnswers
  ) -> [UInt8] {
    guard let request else { return failure("not a request") }
    let response: Response
    switch request.op {
    case "ps":
      guard let reply = answers.status() else { return failure("stopping") }
      response = Response(status: reply)
    case "rules":
      let name = request.daemon ?? ""
      guard let reply = answers.rules(name) else { return failure("stopping") }
      guard let reply else {
        return failure("there is no daemon '\(name)'; 'nestaudit ps' shows those there are")
      }
      response = Response(rules: reply)
    case "reload":
      guard let reply = answers.reload(peer) else { return failure("stopping") }
      response = Response(reload: reply)
    default: return failure("unknown request '\(request.op)'")
    }
    return (try? Wire.encode(response)) ?? failure("the answer cannot be encoded")
  }

  private static func failure(_ reason: String) -> [UInt8] {
    (try? Wire.encode(Response(error: reason))) ?? []
  }
}
