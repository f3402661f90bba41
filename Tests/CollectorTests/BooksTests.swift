import CNestaudit
import Testing

@testable import Collector

struct BooksTests {
  @Test func everyCauseHasANumberOfItsOwn() {
    #expect(LossCause.allCases.count == LossCounts.scalarCount)
    #expect(Set(LossCause.allCases.map(\.name)).count == LossCause.allCases.count)
    var books = Books()
    for cause in LossCause.allCases {
      books.capture()
      books.lose(cause)
    }
    books.miss(5, .ringFull)
    #expect(books.captured == 13 && books.lost == 13)
    #expect(books.losses.named.map(\.events) == [6, 1, 1, 1, 1, 1, 1, 1])
  }

  @Test func whatTheKernelToldIsACauseOrAPart() {
    #expect(LossCause(LOSS_RING_FULL.rawValue) == .ringFull)
    #expect(LossCause(LOSS_NO_STORAGE.rawValue) == .noMemory)
    #expect(LossCause(LOSS_PART.rawValue) == nil)
  }

  /// An event of a container is in one column, whatever each of its daemons made of it.
  @Test func anEventOfAContainerIsCountedOnce() {
    var books = Books()
    for outcome in [
      EventOutcome(), EventOutcome(isTaken: true), EventOutcome(isTaken: true, loss: .rate),
    ] {
      books.capture()
      books.close(outcome)
    }
    #expect(books.captured == 3)
    #expect(books.filtered == 1 && books.taken == 1 && books.lost == 1)
  }

  @Test func whatWaitsIsNotWritten() {
    var books = Books()
    for _ in 0..<5 {
      books.capture()
      books.take()
    }
    let snapshot = BooksSnapshot(books, queued: 2, held: 3)
    #expect(snapshot.captured == 8 && snapshot.written == 3 && snapshot.waiting == 5)
  }
}
