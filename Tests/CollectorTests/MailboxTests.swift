import Foundation
import Synchronization
import Testing

@testable import Collector

struct MailboxTests {
  private let snapshot = CollectorSnapshot(
    backend: "tracepoints", daemons: [], containers: [], skippedRuns: 7, tables: [:])

  /// Asks on a thread of its own, since it blocks.
  private final class Asker: Sendable {
    private let result = Mutex<CollectorSnapshot??>(nil)

    init(_ mailbox: Mailbox) {
      Thread.detachNewThread { [self] in
        let answer = mailbox.ask(seconds: 60)
        result.withLock { $0 = .some(answer) }
      }
    }

    var isAnswered: Bool {
      result.withLock { if case .some = $0 { true } else { false } }
    }
    var answer: CollectorSnapshot? { result.withLock { $0 ?? nil } }
  }

  private func wait(_ step: () -> Void = {}, until isDone: () -> Bool) {
    let deadline = ContinuousClock.now + .seconds(20)
    while !isDone(), ContinuousClock.now < deadline {
      step()
      usleep(1000)
    }
  }

  @Test func aQuestionIsAnsweredByTheOtherThread() {
    let mailbox = Mailbox()
    let asker = Asker(mailbox)
    wait({ mailbox.answer { _ in .status(snapshot) } }, until: { asker.isAnswered })
    #expect(asker.answer?.skippedRuns == 7)
  }

  @Test func nobodyWaitsForACollectorThatIsGone() {
    let mailbox = Mailbox()
    let asker = Asker(mailbox)
    usleep(50_000)
    mailbox.stopAnswering()
    wait(until: { asker.isAnswered })
    #expect(asker.isAnswered)
    if asker.answer != nil { Issue.record("an answer from nobody") }
    let late = mailbox.ask(seconds: 60)
    if late != nil { Issue.record("an answer after the end") }
  }

  @Test func whoDoesNotAnswerIsGivenUp() {
    if Mailbox().ask(seconds: 1) != nil { Issue.record("an answer from nobody") }
  }
}
