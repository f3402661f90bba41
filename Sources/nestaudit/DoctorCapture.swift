import Capture

/// What of our capture the kernel accepts: tried out, and taken back at once.
func captureChecks() -> [Check] {
  let probe = Probe()
  return [
    captureCheck(backend: probe.backend, refusal: probe.refusal, missing: probe.missing),
    trampolineCheck(probe.trampolines),
  ] + (probe.backend == nil ? [] : [endsCheck(everyEndReason: probe.everyEndReason)])
}

func captureCheck(
  backend: Backend?, refusal: String?, missing: [MissingProgram]
) -> Check {
  let name = "capture"
  guard let backend else {
    return Check(
      name: name, state: .fail, detail: refusal ?? "the programs do not load",
      cure: "run as root, outside of a container, on a kernel with CONFIG_DEBUG_INFO_BTF=y")
  }
  if let first = missing.first {
    let others = missing.count > 1 ? "; and \(missing.count - 1) more" : ""
    return Check(
      name: name, state: .warn,
      detail: "backend \(backend.rawValue); \(first.program): \(first.reason)\(others)",
      cure: first.cure)
  }
  return Check(name: name, state: .ok, detail: "backend \(backend.rawValue); every program loads")
}

/// Only worth knowing: the backend with tracepoints does without them.
func trampolineCheck(_ load: Bool) -> Check {
  Check(
    name: "trampolines", state: .ok,
    detail: load
      ? "fentry programs load, as the backend hooks needs them"
      : "fentry programs are refused: the backend is tracepoints, which does without them")
}

/// Only worth knowing: it is the same events that come, and what they cost to others.
func endsCheck(everyEndReason reason: String?) -> Check {
  Check(
    name: "syscalls", state: .ok,
    detail: reason.map { "every syscall is looked at when it ends: \($0)" }
      ?? "looked at are those that rules name, where their functions end, and no others")
}
