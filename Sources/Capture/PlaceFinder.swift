/// Finds by what addresses programs know things of the kernel: they are told only to whoever may see addresses, so this is
/// done once, before privileges are given up.
enum PlaceFinder {
  /// What is missing where they are not told; nil if they were.
  static func find(by program: LoadedProgram) -> MissingProgram? {
    var isFound: UInt64 = 0
    if SyscallProgram.run(program.descriptor, &isFound), isFound != 0 { return nil }
    return MissingProgram(
      program: program.name,
      reason:
        "the kernel does not tell where its functions are: no user messages, logins, scripts' own files and labels",
      cure: "set kernel.kptr_restrict to 0 or 1, and start it with CAP_SYSLOG")
  }
}
