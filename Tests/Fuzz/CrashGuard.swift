import CNestaudit
import Glibc

/// Saves the input that crashes or hangs the program: by starting it again, which makes that input and writes
/// it to a file without trying it.
enum CrashGuard {
  /// A single input that takes longer hangs.
  private static let secondsForAnInput: UInt32 = 30

  /// What the handler needs is made before: it may not allocate.
  private nonisolated(unsafe) static var arguments:
    UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
  private nonisolated(unsafe) static var digits: UnsafeMutablePointer<CChar>?
  private nonisolated(unsafe) static var errors: Int32 = 2
  private nonisolated(unsafe) static var number: UInt64 = 0

  /// - Parameter arguments: those with which the program saves an input; its number is put behind them.
  static func install(arguments words: [String]) {
    digits = .allocate(capacity: 24)
    digits!.initialize(repeating: 0, count: 24)
    arguments = .allocate(capacity: words.count + 2)
    for (place, word) in words.enumerated() { arguments![place] = strdup(word) }
    arguments![words.count] = digits
    arguments![words.count + 1] = nil
    // libaudit's messages are read by way of descriptor 2.
    errors = dup(2)

    // An endless recursion leaves no room on the stack of its own.
    let size = 64 << 10
    var stack = stack_t(ss_sp: malloc(size), ss_flags: 0, ss_size: size)
    sigaltstack(&stack, nil)
    for signal in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { CrashGuard.save($0) }
      action.sa_flags = SA_ONSTACK | Int32(SA_NODEFER)
      sigaction(signal, &action, nil)
    }
  }

  /// To be called before each input.
  @inline(__always)
  static func begin(_ input: UInt64) {
    number = input
    alarm(secondsForAnInput)
  }

  private static func save(_ signal: Int32) {
    dup2(errors, 2)
    let text: StaticString = signal == SIGALRM ? "\nfuzz: it hangs\n" : "\nfuzz: it crashes\n"
    write(2, text.utf8Start, text.utf8CodeUnitCount)
    var place = 22
    var rest = number
    repeat {
      digits![place] = CChar(48 + rest % 10)
      rest /= 10
      place -= 1
    } while rest > 0
    for index in 0...(22 - place) { digits![index] = digits![place + 1 + index] }
    execv("/proc/self/exe", arguments!)
    _exit(1)
  }
}
