import CNestaudit
import Glibc
import NIOCore

/// The sending of a log's lines on a thread of its own, a piece at a time: who does not read loses its connection,
/// and costs no more memory than that piece.
enum LogStreaming {
  private static let patience = TimeAmount.seconds(10)

  static func begin(_ stream: TailStream, on channel: any Channel) {
    let work = Unmanaged.passRetained(Work(stream, channel))
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { context in
        nestaudit_name_thread("log-stream")
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    if failed == 0 {
      pthread_detach(thread)
    } else {
      work.release()
      channel.close(promise: nil)
    }
  }

  private final class Work: Sendable {
    private let stream: TailStream
    private let channel: any Channel

    init(_ stream: TailStream, _ channel: any Channel) {
      self.stream = stream
      self.channel = channel
    }

    func run() {
      stream.run(send)
      channel.close(promise: nil)
    }

    private func send(_ lines: [UInt8]) -> Bool {
      guard channel.isActive else { return false }
      guard !lines.isEmpty else { return true }
      let late = channel.eventLoop.scheduleTask(in: patience) { [channel] in
        channel.close(promise: nil)
      }
      defer { late.cancel() }
      return (try? channel.writeAndFlush(ByteBuffer(bytes: lines)).wait()) != nil
    }
  }
}
