import CNestaudit
import Glibc

/// Asks a container's file systems on a thread of its own: they answer when they like, or never.
///
/// A thread that gets no answer is left behind and another one takes its place, so that a container that keeps us
/// waiting gets nothing, and the others do.
final class PatientReader<Question: Sendable, Answer: Sendable>: @unchecked Sendable {
  private struct Request {
    let number: UInt64
    let question: Question
  }

  /// When a read lasts longer its thread is left behind.
  private static var patience: Int64 { 1_000_000_000 }
  /// With as many threads left behind nothing more is read until one comes back.
  private static var mostLeftBehind: Int { 16 }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var requests: [Request] = []
  private var answers: [(number: UInt64, answer: Answer)] = []
  /// The thread that takes requests; 0 before the first.
  private var worker = 0
  private var leftBehind = 0
  /// Since when it reads (CLOCK_MONOTONIC, nanoseconds).
  private var busySince: Int64?

  private let name: StaticString
  private let read: @Sendable (Question) -> Answer
  private let discard: @Sendable (Answer) -> Void

  /// - Parameters:
  ///   - name: of its threads, at most 15 bytes.
  ///   - read: answers a question, on a thread of ours.
  ///   - discard: takes an answer that nobody took.
  init(
    name: StaticString, read: @escaping @Sendable (Question) -> Answer,
    discard: @escaping @Sendable (Answer) -> Void = { _ in }
  ) {
    self.name = name
    self.read = read
    self.discard = discard
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
    for (_, answer) in answers { discard(answer) }
  }

  /// Asks a question; the answer bears the number.
  func ask(_ number: UInt64, _ question: Question) {
    locked {
      requests.append(Request(number: number, question: question))
      if worker == 0 { startWorker() }
      pthread_cond_broadcast(changed)
    }
  }

  /// The answers that have come since the last call.
  func take() -> [(number: UInt64, answer: Answer)] {
    locked {
      defer { answers = [] }
      return answers
    }
  }

  /// Waits until the answer with a number has come, for so many nanoseconds at most.
  func wait(for number: UInt64, atMost nanoseconds: Int64) {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    let end = Int64(deadline.tv_nsec) + nanoseconds
    deadline.tv_sec += Int(end / 1_000_000_000)
    deadline.tv_nsec = Int(end % 1_000_000_000)
    locked {
      while !answers.contains(where: { $0.number == number }) {
        if pthread_cond_timedwait(changed, mutex, &deadline) == ETIMEDOUT { return }
      }
    }
  }

  /// Leaves a thread behind that gets no answer; to be called now and then.
  func relieve() {
    locked {
      guard let since = busySince, Clock.read(CLOCK_MONOTONIC) - since > Self.patience,
        leftBehind < Self.mostLeftBehind
      else { return }
      leftBehind += 1
      busySince = nil
      startWorker()
    }
  }

  private func startWorker() {
    worker += 1
    var thread = pthread_t()
    let number = worker
    let job = Unmanaged.passRetained(Job { self.work(as: number) })
    let failed = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<Job>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, job.toOpaque())
    if failed == 0 { pthread_detach(thread) } else { job.release() }
  }

  private func work(as number: Int) {
    nestaudit_name_thread(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
    while let request = next(for: number) {
      let answer = read(request.question)
      locked {
        answers.append((request.number, answer))
        if number == worker { busySince = nil } else { leftBehind -= 1 }
        pthread_cond_broadcast(changed)
      }
    }
  }

  /// Waits for a request; nil for a thread that was left behind.
  private func next(for number: Int) -> Request? {
    locked {
      while number == worker, requests.isEmpty { pthread_cond_wait(changed, mutex) }
      guard number == worker else { return nil }
      busySince = Clock.read(CLOCK_MONOTONIC)
      return requests.removeFirst()
    }
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}

/// What a thread has to do.
private final class Job {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
