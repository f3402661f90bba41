internal import Containers

/// What is sent back: a line, and perhaps the lines of a log behind it, or a recording.
struct Reply: Sendable {
  let bytes: [UInt8]
  var stream: TailStream?

  private init(_ response: Response, stream: TailStream? = nil) {
    bytes = (try? Wire.encode(response)) ?? []
    self.stream = stream
  }

  static func failure(_ reason: String) -> Reply { Reply(Response(error: reason)) }

  /// Answers a request, on a thread where it may block.
  init(to request: Request?, of peer: Peer, _ reception: Reception) {
    do {
      guard let request else { throw ControlError.refused("not a request") }
      self = try Self.answer(request, of: peer, reception)
    } catch ControlError.refused(let reason) {
      self = .failure(reason)
    } catch {
      self = .failure("\(error)")
    }
  }

  private static func answer(
    _ request: Request, of peer: Peer, _ reception: Reception
  ) throws -> Reply {
    let answers = reception.answers
    let stopping = ControlError.refused("stopping")
    switch (request.op, reception.socket) {
    case ("ps", _):
      guard let reply = try answers.status(peer) else { throw stopping }
      return Reply(Response(status: reply))
    case ("ctl", _):
      guard let reply = answers.control(peer, request.daemon, request.words ?? []) else {
        throw stopping
      }
      return Reply(Response(control: reply))
    case ("status", _):
      guard let reply = answers.report(peer, request.daemon) else { throw stopping }
      return Reply(Response(reports: reply))
    case ("tail", _):
      let asked = request.tail ?? TailRequest(daemon: nil, events: 0, follows: false)
      // Decoded from what somebody has sent: its bounds are those of the initializer only now.
      let bounded = TailRequest(daemon: asked.daemon, events: asked.events, follows: asked.follows)
      guard let stream = try answers.tail(peer, bounded) else { throw stopping }
      return Reply(Response(tail: stream.daemon), stream: stream)
    case ("contid", _):
      guard let asked = request.contid else { throw ControlError.refused("not a request") }
      guard let reply = answers.contid(peer, asked) else { throw stopping }
      return Reply(Response(contid: reply))
    case ("announce", .root):
      guard let reply = try answers.announce(peer, request.process ?? 0) else { throw stopping }
      return Reply(Response(announced: reply))
    case ("rules", .root):
      let name = request.daemon ?? ""
      guard let reply = answers.rules(name) else { throw stopping }
      guard let reply else {
        throw ControlError.refused(
          "there is no daemon '\(name)'; 'nestaudit ps' shows those there are")
      }
      return Reply(Response(rules: reply))
    case ("reload", .root):
      guard let reply = answers.reload(peer) else { throw stopping }
      return Reply(Response(reload: reply))
    case ("record", .root):
      guard let stream = try answers.record(request.only ?? []) else { throw stopping }
      return Reply(Response(recording: true), stream: stream)
    case ("end-record", .root):
      guard answers.endRecord() else { throw stopping }
      return Reply(Response(recording: false))
    default: throw ControlError.refused("unknown request '\(request.op.prefix(64))'")
    }
  }
}
