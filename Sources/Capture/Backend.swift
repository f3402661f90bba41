/// How the objects behind the names of syscalls are obtained: docs/architecture.md.
public enum Backend: String, Sendable, CaseIterable {
  /// At a syscall's end: what a descriptor or a process still leads to.
  case tracepoints
  /// Also while it is done, by fentry programs on security hooks.
  case hooks

  /// What is asked for.
  public enum Choice: String, Sendable, CaseIterable {
    /// `hooks` where the kernel loads them.
    case auto
    case hooks
    case tracepoints
  }
}

/// A program that this kernel refused, or has nothing to attach to.
public struct MissingProgram: Sendable {
  /// Its name.
  public let program: String
  /// What is missing, and so without it.
  public let reason: String
  /// What would bring it.
  public let cure: String
}
