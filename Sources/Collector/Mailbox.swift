public import Containers
import CNestaudit
import Glibc
import Synchronization

/// Questions from other threads to the one that collects, which answers between two batches.
public final class Mailbox: Sendable {
  private struct Box {
    var waiting: [Question] = []
    var isClosed = false
  }
  /// What can be asked.
  enum Subject: Sendable {
    case status
    case rules(daemon: String)
    case reload(SignalSource.Sender)
    case wish(Wish, Peer)
    case record(only: [String])
    case endRecording
  }

  /// What is answered.
  enum Answer: Sendable {
    case status(CollectorSnapshot)
    case rules(RulesSnapshot?)
    case reload(ReloadOutcome)
    case wish(Result<Granted, ControlRefusal>)
    case recording(Result<RecordingQueue, ControlRefusal>)
    case recordingEnded
  }

  /// A question that someone waits with.
  final class Question: Sendable {
    let subject: Subject
    private let answered = Mutex<Answer?>(nil)
    private let done = Semaphore()

    init(_ subject: Subject) { self.subject = subject }

    /// Ends the waiting; nil is that there will be no answer.
    func answer(_ answer: Answer?) {
      answered.withLock { $0 = answer }
      done.signal()
    }

    /// The answer, nil if it does not come within `seconds`.
    fileprivate func wait(seconds: Int) -> Answer? {
      done.wait(seconds: seconds)
      return answered.withLock { $0 }
    }
  }

  private let box = Mutex(Box())
  let descriptor: Int32

  init() { descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }

  deinit { close(descriptor) }

  /// What the collector is doing; nil if it does not answer within `seconds`. Blocks the caller.
  public func ask(seconds: Int = 5) -> CollectorSnapshot? {
    guard case .status(let snapshot)? = ask(.status, seconds: seconds) else { return nil }
    return snapshot
  }

  /// The rules of a daemon, the inner nil if there is none with this name; the outer as for `ask`. Blocks the caller.
  public func askRules(of daemon: String, seconds: Int = 5) -> RulesSnapshot?? {
    guard case .rules(let rules)? = ask(.rules(daemon: daemon), seconds: seconds) else {
      return nil
    }
    return .some(rules)
  }

  /// Has the configuration read again for a process; nil if that does not end within `seconds`. Blocks the caller.
  public func askReload(by peer: Peer, seconds: Int = 600) -> ReloadOutcome? {
    guard case .reload(let outcome)? = ask(.reload(peer.sender), seconds: seconds) else {
      return nil
    }
    return outcome
  }

  /// Asks for something that not everybody may. Blocks the caller.
  func ask(_ wish: Wish, by peer: Peer, seconds: Int = 5) throws(ControlRefusal) -> Granted {
    while true {
      guard case .wish(let result)? = ask(.wish(wish, peer), seconds: seconds) else {
        throw ControlRefusal("stopping")
      }
      let granted = try result.get()
      guard case .later(let nanoseconds) = granted else { return granted }
      usleep(UInt32(min(nanoseconds, Self.longestWait) / 1000) + 1)
    }
  }

  /// So long whoever asks for much is made to wait before he asks again.
  private static let longestWait: Int64 = 100_000_000

  /// Blocks the caller; nil if there is no answer within `seconds`.
  func ask(_ subject: Subject, seconds: Int = 10) -> Answer? {
    let question = Question(subject)
    let isOpen = box.withLock { box in
      if !box.isClosed { box.waiting.append(question) }
      return !box.isClosed
    }
    guard isOpen else { return nil }
    eventfd_write(descriptor, 1)
    return question.wait(seconds: seconds)
  }

  /// Has every question answered that has come since the last call.
  /// - Parameter answer: nil if the question will be answered later.
  func answer(_ answer: (Question) -> Answer?) {
    var count: eventfd_t = 0
    guard eventfd_read(descriptor, &count) == 0 else { return }
    let waiting = takeQuestions(andClose: false)
    for question in waiting {
      if let made = answer(question) { question.answer(made) }
    }
  }

  /// No question is answered from here on: whoever asks is told so at once.
  func stopAnswering() {
    for question in takeQuestions(andClose: true) { question.answer(nil) }
  }

  private func takeQuestions(andClose isLast: Bool) -> [Question] {
    box.withLock { box in
      defer { box.waiting = [] }
      if isLast { box.isClosed = true }
      return box.waiting
    }
  }
}

/// sem_t, which must not move.
private final class Semaphore: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  func wait(seconds: Int) {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_sec += seconds
    while sem_timedwait(semaphore, &deadline) != 0, errno == EINTR {}
  }
}
