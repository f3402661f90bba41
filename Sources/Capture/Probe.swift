/// What of our capture this kernel accepts, tried out and taken back at once.
public struct Probe: Sendable {
  /// The backend that `nestaudit run` uses if nothing else is asked for.
  public let backend: Backend?
  /// Why there is none.
  public let refusal: String?
  /// Programs that the kernel refused or has nothing to attach to, each with what is missing without it.
  public let missing: [MissingProgram]
  /// Why every syscall of the machine is looked at when it ends; nil where only those are that rules name.
  public let everyEndReason: String?
  /// Whether fentry programs load: the ground for the backend with hooks.
  public let trampolines: Bool

  /// Loads the programs with a small ring, without attaching them.
  public init() {
    do {
      let capture = try Capture(ringSize: 65536, backend: .auto)
      missing = capture.missing
      backend = capture.backend
      refusal = nil
      everyEndReason = capture.everyEndReason
    } catch {
      backend = nil
      refusal = error.description
      missing = []
      everyEndReason = nil
    }
    trampolines =
      if let types = KernelTypes() { Trampolines.load(types) } else { false }
  }
}
