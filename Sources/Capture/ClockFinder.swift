import CNestaudit

/// Finds where the kernel keeps the state of its clock, for TIME_ADJNTPVAL: names of variables are told only to whoever
/// may see addresses, so this is done once, before privileges are given up.
enum ClockFinder {
  /// What is missing where it is not found; nil if it was.
  static func find(by program: LoadedProgram) -> MissingProgram? {
    // Somebody may set the clock between the question and the search.
    for _ in 0..<tries where isFound(by: program) { return nil }
    return MissingProgram(
      program: program.name,
      reason: "the kernel does not tell where its clock's state is: no TIME_ADJNTPVAL but for tai",
      cure: "use a kernel with CONFIG_KALLSYMS_ALL, or Linux 6.17")
  }

  private static let tries = 3

  private static func isFound(by program: LoadedProgram) -> Bool {
    var answer = nestaudit_clock()
    let ran = SyscallProgram.run(program.descriptor, &answer)
    return ran && answer.found == 1
  }
}
