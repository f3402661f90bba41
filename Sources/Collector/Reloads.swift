/// What came of reading the configuration again.
public enum ReloadOutcome: Sendable {
  /// The collector goes by it now; `warnings` say what did not change, and what was odd.
  case done(daemons: Int, rules: Int, warnings: [String])
  /// Nothing has changed: file, line and the cure.
  case failed(String)
}

/// Who waits for the configuration to be read again. Lives on the drain thread, which never reads itself.
final class Reloads {
  private struct Asker {
    let sender: SignalSource.Sender
    /// nil for a signal, which nobody waits with.
    let question: Mailbox.Question?
  }

  private let reader: ConfigurationReader
  /// Those whom the read that goes on will answer.
  private var served: [Asker] = []
  /// Those who came while it went on: it may have read already what they have changed since.
  private var waiting: [Asker] = []

  init(read: @escaping @Sendable () throws -> CollectorConfiguration) {
    reader = ConfigurationReader(read: read)
  }

  /// Can be read when a read has ended.
  var descriptor: Int32 { reader.descriptor }

  /// Begins to read, or does so again once the read that goes on has ended.
  func ask(by sender: SignalSource.Sender, _ question: Mailbox.Question? = nil) {
    // Signals run together, as pending ones do.
    if question == nil, waiting.contains(where: { $0.question == nil }) { return }
    waiting.append(Asker(sender: sender, question: question))
    beginNext()
  }

  /// If a read has ended, has `goBy` use it for those who asked; the records name the first of them.
  func finish(
    _ goBy: (ConfigurationReader.Outcome, SignalSource.Sender) -> ReloadOutcome
  ) {
    guard let first = served.first, let read = reader.take() else { return }
    let outcome = goBy(read, first.sender)
    for asker in served { asker.question?.answer(.reload(outcome)) }
    served = []
    beginNext()
  }

  /// Nobody is answered any more.
  func abandon() {
    for asker in served + waiting { asker.question?.answer(nil) }
    served = []
    waiting = []
  }

  private func beginNext() {
    guard served.isEmpty, !waiting.isEmpty else { return }
    served = waiting
    waiting = []
    reader.begin()
  }
}
