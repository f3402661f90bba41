import CNestaudit
import Glibc

/// Whether a task can be preempted while the kernel works for it: then so can a program on a function that it calls.
enum Preemption {
  case none
  case full
  case unknown

  /// Of the running kernel.
  /// - Parameter finder: tells what was chosen when it was booted, where that can be chosen.
  init(by finder: LoadedProgram?) {
    var names = utsname()
    guard uname(&names) == 0 else {
      self = .unknown
      return
    }
    let version = withUnsafeBytes(of: names.version) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    self.init(version: version, mode: finder.flatMap(Self.mode))
  }

  /// - Parameters:
  ///   - version: of uname(2), which names how the kernel was built: init/Makefile, "preempt-flag".
  ///   - mode: `preempt_dynamic_mode`.
  init(version: String, mode: Int32?) {
    guard let built = version.split(separator: " ").first(where: { $0.hasPrefix("PREEMPT") })
    else {
      self = .none
      return
    }
    switch (built, mode) {
    case ("PREEMPT_DYNAMIC", 0), ("PREEMPT_DYNAMIC", 1): self = .none
    case ("PREEMPT_DYNAMIC", nil): self = .unknown
    default: self = .full
    }
  }

  private static func mode(by finder: LoadedProgram) -> Int32? {
    var answer = preemption_mode()
    let ran = SyscallProgram.run(finder.descriptor, &answer)
    return ran && answer.is_known == 1 ? answer.mode : nil
  }
}
