import Foundation
import Synchronization
import Testing

@testable import Collector
import Containers

private func peer(_ pid: UInt32) -> Peer {
  Peer(socket: .root, uid: 0, process: ProcessIdentity(of: pid))
}

struct ReloadsTests {
  /// A configuration that is read when the test lets it be.
  private final class Files: Sendable {
    let begun = Mutex(0)
    let allowed = Mutex(0)
    let together = Mutex((now: 0, most: 0))

    func read() throws -> CollectorConfiguration {
      let number = begun.withLock { count in
        count += 1
        return count
      }
      together.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      defer { together.withLock { $0.now -= 1 } }
      while allowed.withLock({ $0 < number }) { usleep(1000) }
      throw CollectorError("read \(number)")
    }

    func allow(_ count: Int) { allowed.withLock { $0 = count } }
  }

  private let files = Files()

  private func wait(_ step: () -> Void = {}, until isDone: () -> Bool) {
    let deadline = ContinuousClock.now + .seconds(20)
    while !isDone(), ContinuousClock.now < deadline {
      step()
      usleep(1000)
    }
  }

  private func text(_ read: ConfigurationReader.Outcome) -> String {
    switch read {
    case .success: "a configuration"
    case .failure(let error): "\(error)"
    }
  }

  @Test func whoComesDuringAReadIsServedByAnother() {
    let reloads = Reloads { [files] in try files.read() }
    var served: [String] = []
    func finish() {
      reloads.finish { read, sender in
        served.append("\(text(read)) for \(sender.process.pid)")
        return .failed(text(read))
      }
    }
    reloads.ask(by: .init(signal: 0, pid: 1_000_001, uid: 0))
    wait(until: { files.begun.withLock { $0 == 1 } })
    // The thread that drains is not held up by the read that goes on.
    finish()
    #expect(served == [])
    reloads.ask(by: .init(signal: 0, pid: 1_000_002, uid: 0))
    reloads.ask(by: .init(signal: 0, pid: 1_000_003, uid: 0))
    files.allow(1)
    wait(finish) { served.count == 1 }
    files.allow(2)
    wait(finish) { served.count == 2 }
    #expect(served == ["read 1 for 1000001", "read 2 for 1000002"])
    #expect(files.together.withLock { $0.most } == 1)
    #expect(files.begun.withLock { $0 } == 2)
  }

  @Test func whoAsksThroughTheMailboxGetsTheOutcome() {
    let mailbox = Mailbox()
    let reloads = Reloads { [files] in try files.read() }
    let result = Answered()
    Thread.detachNewThread {
      result.set(mailbox.askReload(by: peer(UInt32(getpid())), seconds: 60))
    }
    files.allow(1)
    wait({
      mailbox.answer { question in
        guard case .reload(let sender) = question.subject else { return nil }
        #expect(sender.process.pid == UInt32(getpid()))
        reloads.ask(by: sender, question)
        return nil
      }
      reloads.finish { read, _ in .failed(text(read)) }
    }) { result.isSet }
    guard case .failed("read 1")? = result.value else {
      Issue.record("no outcome")
      return
    }
  }

  @Test func nobodyWaitsForACollectorThatEnds() {
    let mailbox = Mailbox()
    let reloads = Reloads { [files] in try files.read() }
    let result = Answered()
    Thread.detachNewThread { result.set(mailbox.askReload(by: peer(1), seconds: 60)) }
    wait({
      mailbox.answer { question in
        guard case .reload(let sender) = question.subject else { return nil }
        reloads.ask(by: sender, question)
        return nil
      }
    }) { files.begun.withLock { $0 == 1 } }
    reloads.abandon()
    wait(until: { result.isSet })
    #expect(result.isSet)
    if result.value != nil { Issue.record("an answer from nobody") }
    files.allow(1)
  }

  /// What another thread was told.
  private final class Answered: Sendable {
    private let answer = Mutex<ReloadOutcome??>(nil)

    func set(_ outcome: ReloadOutcome?) { answer.withLock { $0 = .some(outcome) } }
    var isSet: Bool { answer.withLock { if case .some = $0 { true } else { false } } }
    var value: ReloadOutcome? { answer.withLock { $0 ?? nil } }
  }
}
