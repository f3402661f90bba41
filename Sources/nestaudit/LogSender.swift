import Control

/// Reads a log for someone who cannot open it.
struct LogSender {
  /// As much is sent at once.
  private static let piece = 1 << 16
  /// So often it is asked whether anybody still listens.
  private static let look: Int32 = 1000

  let path: String
  let request: TailRequest
  /// Whether whoever asked may still see it.
  let isStillThere: () -> Bool

  func run(_ send: ([UInt8]) -> Bool) {
    var log = TailLog(path: path)
    defer { log.close() }
    guard let last = try? log.lastEvents(request.events, where: { _ in true }),
      Self.send(last.flatMap(\.records).map(\.line), send), request.follows,
      var watch = try? TailWatch(paths: [path])
    else { return }
    while send([]), isStillThere() {
      _ = watch.wait(milliseconds: Self.look)
      var isMore = true
      while isMore {
        guard let lines = try? log.newLines(atMost: Self.piece, isMore: &isMore),
          Self.send(lines, send)
        else { return }
      }
    }
  }

  private static func send(_ lines: [[UInt8]], _ send: ([UInt8]) -> Bool) -> Bool {
    var batch: [UInt8] = []
    for line in lines {
      batch += line
      batch.append(UInt8(ascii: "\n"))
      guard batch.count >= piece else { continue }
      guard send(batch) else { return false }
      batch = []
    }
    return batch.isEmpty || send(batch)
  }
}
